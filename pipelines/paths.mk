# $(call check-paths,NAMES): paths in these variables hold no blanks and none of
# the characters that make and the shell take for their own. A variable that would
# say that it is missing is left to those targets that want it.
SPECIAL := % : ; & ' " * ? [ ] | < > \ ( ) ` \#
MISSING := $$(error
holds = $(if $(filter-out 1,$(words x$(1)x)),blank,$(firstword \
	$(foreach c,$(SPECIAL),$(findstring $(c),$(1)))))
check-paths = $(foreach v,$(1),$(if $(findstring $(MISSING),$(value $(v))),,$(call \
	check-path,$(v))))
check-path = $(if $(call holds,$($(1))),$(error \
	$(1): '$($(1))' holds a $(call holds,$($(1))); make a link without it))
