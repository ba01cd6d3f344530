/* SPDX-License-Identifier: MIT */
#include "base/pattern.h"

int mt_pattern_open(struct mt_pattern *p, const char *text, struct mt_err *err)
{
	char why[128];
	int no = regcomp(&p->re, text, REG_EXTENDED);
	p->open = !no;
	if (!no)
		return MT_OK;
	regerror(no, &p->re, why, sizeof why);
	return mt_err_set(err, MT_EUSAGE, "'%.200s' is no regular expression: "
			  "%s", text, why);
}

bool mt_pattern_find(const struct mt_pattern *p, const char *s,
		     const char **piece, size_t *size)
{
	regmatch_t m[2];
	if (regexec(&p->re, s, 2, m, 0))
		return false;
	int i = p->re.re_nsub ? 1 : 0;
	if (m[i].rm_so < 0 || m[i].rm_eo == m[i].rm_so)
		return false;
	*piece = s + m[i].rm_so;
	*size = (size_t)(m[i].rm_eo - m[i].rm_so);
	return true;
}

void mt_pattern_close(struct mt_pattern *p)
{
	if (p->open)
		regfree(&p->re);
	p->open = false;
}
