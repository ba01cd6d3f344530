# $(call check-paths,NAMES): paths in these variables hold no blanks and none of
# the characters that make and the shell take for their own.
SPECIAL := % : ; & ' " * ? | < > \ ( ) ` \#
holds = $(if $(filter-out 1,$(words x$(1)x)),blank,$(firstword \
	$(foreach c,$(SPECIAL),$(findstring $(c),$(1)))))
check-paths = $(foreach v,$(1),$(if $(call holds,$($(v))),$(error \
	$(v): '$($(v))' holds a $(call holds,$($(v))); make a link without it)))
