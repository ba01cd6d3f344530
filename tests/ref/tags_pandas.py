"""Tag cleaning in pandas, step by step as the Orpheus project did it: a table of
(canonical tag, merged tags) that is searched and fused row by row. The
reference for mt-tags-clean's results, and what its speed is compared with.

    tags_pandas.py IN.db OUT.db RULES        the subset of RULES that is in use
"""
import re
import sqlite3
import sys

import pandas as pd


def strip(s):
    return re.sub('[^A-Za-z0-9]', '', s)


def keep_amp(s):
    return re.sub('[^A-Za-z0-9&]', '', s)


NORMALISER = {
    'strip': strip,
    'amp-n': lambda s: keep_amp(s).replace('&', 'n'),
    'amp-and': lambda s: keep_amp(s).replace('&', 'and'),
    'and-n': lambda s: strip(s.replace(' and ', 'n')),
    'decade-19': lambda s: re.sub(r'\b(\d0s)', r'19\1', strip(s), flags=re.A),
    'decade-20': lambda s: re.sub(r'\b(\d0s)', r'20\1', strip(s), flags=re.A),
}


def plural(s):
    return s[:-1] if len(s) >= 2 and s[-1] == 's' and s[-2] != 's' else s


def targets_of(fold, tags):
    if fold.startswith('amp'):
        return [t for t in tags if '&' in t]
    if fold == 'and-n':
        return [t for t in tags if ' and ' in t]
    if fold.startswith('decade'):
        found = [re.search(r'\b\d0s', t, flags=re.A) for t in tags]
        return [m.group() for m in found if m]
    return list(tags)


class Table:
    """Rows [canonical, set of merged]; the index is the place by popularity."""

    def __init__(self, tags):
        self.rows = [[t, set()] for t in tags]

    def row_of(self, tag):
        for r in self.rows:
            if r[0] == tag or tag in r[1]:
                return r
        return None

    def fuse(self, rows):
        rows = sorted(rows, key=self.rows.index)
        first = rows[0]
        for r in rows[1:]:
            first[1] |= {r[0]} | r[1]
            self.rows.remove(r)
        first[1].discard(first[0])
        return first

    def absorb(self, tag, members):
        row = self.row_of(tag)
        if row is None:
            return
        canonical = {r[0]: r for r in self.rows}
        rows = [row] + [canonical[m] for m in members
                        if m in canonical and canonical[m] is not row]
        row[1] |= {m for m in members if m not in canonical}
        row = self.fuse(rows)
        while True:  # overlap sweep
            other = [r for r in self.rows if r is not row and
                     (r[1] & row[1] or r[0] in row[1])]
            if not other:
                return
            row = self.fuse([row] + other)


def read_rules(path):
    """Only what lastfm.rules and the toy's rules use; names are exact bytes
    for 'names exact', else in any case."""
    rules = {'allow': [], 'deny': [], 'fold': [], 'merge': [], 'drop': [],
             'class': [], 'words': {}, 'exact': False, 'min-val': None}
    for line in open(path, encoding='utf-8'):
        line = re.sub(r'(^|\s)#.*', '', line).strip()
        if not line:
            continue
        verb, rest = line.split(None, 1)
        items = [x.strip() for x in rest.split('=')[-1].split(',')]
        if verb in ('candidates', 'pool'):
            rules[verb] = int(rest)
        elif verb == 'min-val':
            rules[verb] = float(rest)
        elif verb == 'names':
            rules['exact'] = rest == 'exact'
        elif verb in ('allow', 'deny', 'drop'):
            rules[verb] += items
        elif verb == 'fold':
            rules['fold'].append((rest.split()[0], rest.endswith('plural')))
        elif verb == 'merge':
            rules['merge'].append(items)
        elif verb == 'class':
            rules['class'].append((rest.split('=')[0].strip(), items))
        elif verb == 'class-words':
            name = rest.split('=')[0].strip()
            rules['words'].setdefault(name, []).extend(items)
        else:
            sys.exit('%s: no rule %s here' % (path, verb))
    return rules


def vocabulary(pop, rules):
    """pop: Series tag -> count, by popularity. The final table's rows."""
    fold = (lambda s: s) if rules['exact'] else (lambda s: s.lower())
    folded = pd.Series(pop.index.map(fold), index=pop.index)
    said = {fold(x) for x in rules['deny'] + rules['allow']}
    classes, taken = [], set()
    for name, items in rules['class']:
        mine = set(pop.index[folded.isin([fold(x) for x in items + [name]])])
        classes.append([name, mine])
        taken |= mine
    for name, words in rules['words'].items():
        pattern = '|'.join(r'(?:^|[\W_])%s(?:$|[\W_])' % w.replace('*', r'[^\W_]*')
                           for w in words)
        hit = folded.str.contains(pattern) & (pop >= rules['pool'])
        mine = set(pop.index[hit & ~folded.isin(said)]) - taken
        dict((c[0], c[1]) for c in classes)[name].update(mine)
        taken |= mine
    deny = folded.isin([fold(x) for x in rules['deny']])
    target = pop >= rules['candidates']
    if rules['allow']:
        deny |= target & ~folded.isin([fold(x) for x in rules['allow']])
    deny |= pop.index.isin(taken)
    pool = pop[(pop >= rules['pool']) & ~deny]
    table = Table(pop.index[target & ~deny])
    targets = pop.index[target & ~deny]
    for name, plurals in rules['fold']:
        key = (lambda s: plural(NORMALISER[name](s)).lower()) if plurals else \
              (lambda s: NORMALISER[name](s).lower())
        keys = pd.Series(pool.index.map(key), index=pool.index)
        for t in targets_of(name, targets):
            if table.row_of(t) is not None:
                table.absorb(t, [m for m in keys.index[keys == key(t)] if m != t])
    said_no = folded.isin([fold(x) for x in rules['deny']])
    free = pop.index[(pop >= rules['pool']) & ~said_no & ~pop.index.isin(taken)]
    place = {t: i for i, t in enumerate(pop.index)}
    for items in rules['merge']:
        named = [t for t in free if fold(t) in [fold(x) for x in items]]
        if not any(table.row_of(t) for t in named):
            continue
        table.rows += [[t, set()] for t in named if table.row_of(t) is None]
        table.rows.sort(key=lambda r: place[r[0]])
        rows = [table.row_of(t) for t in named]
        table.fuse([r for i, r in enumerate(rows) if r not in rows[:i]])
    for t in rules['drop']:
        for row in list(table.rows):
            for tag in [x for x in [row[0], *row[1]] if fold(x) == fold(t)]:
                if tag == row[0]:
                    table.rows.remove(row)
                else:
                    row[1].discard(tag)
    return table.rows + [[c, m - {c}] for c, m in classes if m], classes


def read(path):
    db = sqlite3.connect('file:%s?mode=ro' % path, uri=True)
    db.text_factory = lambda b: b.decode('utf-8', 'surrogateescape')
    tags = pd.read_sql('SELECT rowid AS num, tag FROM tags', db).dropna()
    tids = pd.read_sql('SELECT rowid AS num, tid FROM tids', db)
    pairs = pd.read_sql('SELECT tid, tag, val FROM tid_tag', db)
    return tags, tids, pairs


def popularity(tags, pairs):
    count = pairs.groupby('tag').size()
    pop = tags.assign(count=tags.num.map(count)).dropna()
    pop = pop.sort_values(['count', 'num'], ascending=[False, True])
    return pop.set_index('tag')['count'].astype(int)


def mapping(tags, rows):
    number = {}
    for i, (canonical, merged) in enumerate(rows):
        for t in [canonical, *merged]:
            number[t] = i + 1
    return tags.tag.map(number).set_axis(tags.num)


def sound(tids, tags, pairs):
    """Pairs of a track and a tag that are there."""
    good = pairs.tid.isin(tids.num[tids.tid.notna()]) & pairs.tag.isin(tags.num)
    return pairs[good]


def clean(tags, tids, pairs, rules, by_rows=False):
    """Names in order, and the pairs in their order with the new tag numbers.
    by_rows: a track that has a tag twice counts twice for it."""
    pairs = sound(tids, tags, pairs)
    pop = popularity(tags, pairs if by_rows else
                     pairs.drop_duplicates(['tid', 'tag']))
    rows, _ = vocabulary(pop, rules)
    new = mapping(tags, rows)
    if rules['min-val'] is not None:
        pairs = pairs[pairs.val > rules['min-val']]
    pairs = pairs.assign(tag=pairs.tag.map(new)).dropna(subset=['tag'])
    return rows, pairs.astype({'tid': int, 'tag': int})


def main():
    tags, tids, pairs = read(sys.argv[1])
    rows, pairs = clean(tags, tids, pairs, read_rules(sys.argv[3]))
    pairs = pairs.groupby(['tid', 'tag'], as_index=False).val.max()
    tids = tids[tids.num.isin(pairs.tid)]
    out = sqlite3.connect(sys.argv[2])
    names = pd.DataFrame({'num': range(1, len(rows) + 1),
                          'tag': [r[0].lower() for r in rows]})
    for table, column in (('tags', 'tag'), ('tids', 'tid')):
        out.execute('CREATE TABLE %s (num INTEGER PRIMARY KEY, %s TEXT)' % (table, column))
    names.to_sql('tags', out, index=False, if_exists='append')
    tids.to_sql('tids', out, index=False, if_exists='append')
    pairs.to_sql('tid_tag', out, index=False)
    out.execute('CREATE INDEX tids_tid ON tids (tid)')
    out.execute('CREATE UNIQUE INDEX tid_tag_both ON tid_tag (tid, tag)')
    out.execute('CREATE INDEX tid_tag_tag ON tid_tag (tag)')
    out.commit()
    print(len(rows), 'tags', len(pairs), 'pairs', len(tids), 'tracks')


if __name__ == '__main__':
    main()
