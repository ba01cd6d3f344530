"""Toy tag database, and what pandas says of it: tags_toy.db, tags_ref.txt and
tags_fold.tsv, for tests/cli/t-tags.sh, t-tags-clean.sh and tests/unit/tags/test_rules.c.

    python tests/ref/tags_ref.py        in the root of the project
"""
import itertools
import os
import random
import sqlite3

import pandas as pd

import tags_pandas as tp

HERE = os.path.dirname(os.path.abspath(__file__)) + '/'
DB = HERE + 'tags_toy.db'

TAGS = ['rock', 'Rock', 'ROCKS', 'pop', 'Pop!', 'hip hop', 'Hip-Hop', 'hiphop',
        'r&b', 'rnb', 'R and B', 'rhythm and blues', 'Rock and Roll', 'rock n roll',
        '80s', "80's", '1980s', '80', '00s', '2000s', '00', 'the 90s sound', '90s',
        '1990s', 'funk', 'funky', 'jazz', 'jass', 'glass', 'seen live', 'Seen  Live',
        'female vocalists', 'female', 'Female Voice', 'rap', 'gangsta rap', 'Björk',
        'BJÖRK', 'bjork', '日本', '!!!', 'tab\there', 'new\nline', 'back\\slash',
        'comma, quote "q"', ' led', 'rare', 'drum & bass', 'drum and bass', 'é', 'ß',
        None]


def make_db():
    """Tracks, tags and pairs with everything that can be odd."""
    rnd = random.Random(7)
    if os.path.exists(DB):
        os.remove(DB)
    db = sqlite3.connect(DB)
    db.executescript('CREATE TABLE tids (tid TEXT); CREATE TABLE tags (tag TEXT);'
                     'CREATE TABLE tid_tag (tid INT, tag INT, val FLOAT)')
    tids = ['TR%016d' % (i * 7919 % 100003) for i in range(60)]
    tids[10] = tids[59] = None
    db.executemany('INSERT INTO tids VALUES (?)', [(t,) for t in tids])
    db.executemany('INSERT INTO tags VALUES (?)', [(t,) for t in TAGS])
    pairs = []
    for t in range(1, 59):
        for g in range(1, len(TAGS) + 1):
            if rnd.random() < 1.6 / (1 + (g % 9)) / (1 + g / 40):
                val = rnd.choice([0, 100, 50, 33.3, 12.5, rnd.randint(1, 99), None])
                pairs.append((t, g, val))
                if rnd.random() < 0.15:  # the same pair again
                    pairs.append((t, g, rnd.choice([None, 0, 100, 77.25])))
    rnd.shuffle(pairs)
    pairs[5:5] = [(None, 1, 5), (3, None, 5), (3, 999, 5), (999, 3, 5), (11, 1, 9),
                  (0, 1, 1), (-4, 2, 2), (4, 1, -1), (5, 1, 1e9)]
    db.executemany('INSERT INTO tid_tag VALUES (?, ?, ?)', pairs)
    db.commit()
    db.execute('VACUUM')
    db.close()


OUT = open(HERE + 'tags_ref.txt', 'w', encoding='utf-8')


def escape(s):
    for a, b in (('\\', '\\\\'), ('\t', '\\t'), ('\n', '\\n'), ('\r', '\\r')):
        s = s.replace(a, b)
    return s


def cell(x):
    if isinstance(x, str):
        return escape(x)
    return '' if pd.isna(x) else '%.15g' % x


def section(name, header, rows):
    OUT.write('== %s\n%s' % (name, header + '\n' if header else ''))
    for r in rows:
        OUT.write('\t'.join(cell(x) for x in r) + '\n')


def cleanings(tags, tids, pairs):
    text = tids.set_index('num').tid
    for tag, low, by_rows in itertools.product(('exact', 'folded'), (None, 50, 0),
                                               (False, True)):
        rules = tp.read_rules(HERE + 'tags_toy_%s.rules' % tag)
        rules['min-val'] = low
        rows, p = tp.clean(tags, tids, pairs, rules, by_rows)
        name = '%s %s%s' % (tag, 'all' if low is None else low,
                            ' orpheus' * by_rows)
        section(name + ' tags', 'number\ttag',
                [(i + 1, r[0].lower()) for i, r in enumerate(rows)])
        section(name + ' tids', 'number\ttid',
                [(n, text[n]) for n in sorted(set(p.tid))])
        if by_rows:
            section(name + ' pairs', 'tid\ttag',
                    p[['tid', 'tag']].itertuples(index=False))
        else:
            best = p.groupby(['tag', 'tid']).val.max().reset_index()
            section(name + ' pairs', 'tid\ttag\tval',
                    best[['tid', 'tag', 'val']].itertuples(index=False))
        if low is None:
            experiments(name, p, len(rows), by_rows)


def experiments(tag, p, n, by_rows):
    for which, limit in itertools.product((1, 2, 3), (0.3, 0.6)):
        have = {(t, g) for t, g in zip(p.tid, p.tag)}
        of = {g: {t for t, h in have if h == g} for g in range(1, n + 1)}
        added = []
        share = {(i, j): len(of[i] & of[j]) / len(of[i])
                 for i in of for j in of if i != j and of[i]}
        for i, j in itertools.product(range(1, n + 1), repeat=2):
            if share.get((i, j), 0) <= limit:
                continue
            for t in sorted({t for t, g in have if g == i}):
                if which == 1 and (t, j) not in have:
                    have.add((t, j))
                    added.append((t, j))
                elif which != 1 and (t, j) in have:
                    have.discard((t, j) if which == 2 else (t, i))
        kept = [(t, g) for t, g in zip(p.tid, p.tag) if (t, g) in have]
        section('%s experiment %d %s' % (tag, which, limit), 'tid\ttag',
                kept + added if by_rows else
                sorted(have, key=lambda x: (x[1], x[0])))


def queries(tags, tids, pairs):
    p = tp.sound(tids, tags, pairs).astype({'tid': int, 'tag': int})
    name, text = tags.set_index('num').tag, tids.set_index('num').tid
    best = p.groupby(['tid', 'tag']).val.max().reset_index()
    for kind, table in (('popularity', best), ('popularity rows', p)):
        count = table.groupby('tag').size().reset_index(name='n')
        count = count.sort_values(['n', 'tag'], ascending=[False, True])
        section(kind, 'rank\ttag\tnumber\tcount',
                [(i + 1, name[g], g, n) for i, (g, n) in
                 enumerate(count.itertuples(index=False))])
    section('tags-of', 'tid\ttag\tval',
            [(text[r.tid], name[r.tag], r.val) for want in (7, 3, 30)
             for r in best.itertuples() if r.tid == want])
    section('tids-with', 'tag\ttid',
            [(g, text[r.tid]) for g in ('jazz', 'rock') for r in best.itertuples()
             if name[r.tag] == g])
    count = best.groupby('tid').size()
    known = [t for t in text.index if isinstance(text[t], str)]
    section('tag-count', 'tid\tcount', [(text[t], count.get(t, 0)) for t in known])
    section('min-tags 14', 'tid', [(text[t],) for t in known if count.get(t, 0) >= 14])
    section('pairs', 'tid\ttag\tval', p.itertuples(index=False))
    section('pairs over 50', 'tid\ttag\tval', p[p.val > 50].itertuples(index=False))
    number = {v: k for k, v in name.items()}
    of = {g: set(best.tid[best.tag == g]) for g in name.index}
    rock, pop, jazz, hip = (of[number[x]] for x in ('rock', 'pop', 'jazz', 'hip hop'))
    section('count', None, [(len(rock & pop),), (len(rock | jazz | hip),),
                            (len((rock & hip) - jazz - pop),),
                            (len((rock | hip) - jazz),)])
    chosen = [number[x] for x in ('rock', 'pop', 'hip hop', 'r&b', '80s', 'rap', '日本')]
    matrices(chosen, name, of)


def matrices(chosen, name, of):
    n = len(chosen)
    both = lambda *i: len(set.intersection(*[of[chosen[k]] for k in i]))
    order = lambda x: (-x[0], [chosen[k] for k in x[1]])
    names = lambda i: [name[chosen[k]] for k in i]
    for dim in (2, 3):
        cells = [(both(*i), i) for i in itertools.product(range(n), repeat=dim)
                 if list(i) == sorted(i, reverse=True)]
        section('together %d' % dim, '\t'.join('abc'[:dim]) + '\tcount',
                [names(i) + [c] for c, i in sorted(cells, key=order) if c])
    share = lambda i, j: both(i, j) / both(i)
    either = lambda i, j, k: len(of[chosen[i]] & (of[chosen[j]] | of[chosen[k]]))
    section('correlation 2', 'a\tb\tcount\tshare',
            [names((i, j)) + [both(i, j), '%.6f' % share(i, j)]
             for i in range(n) for j in range(n) if both(i, j)])
    section('correlation 3', 'a\tb\tc\tcount\tshare',
            [names((i, j, k)) + [either(i, j, k), '%.6f' % (either(i, j, k) / both(i))]
             for i in range(n) for j in range(n) for k in range(j + 1)
             if either(i, j, k)])
    for what, limit in (('implies', 0.4), ('equivalent', 0.35)):
        hits = [(both(i, j), (i, j)) for i in range(n) for j in range(n) if i != j and
                share(i, j) > limit and
                (what == 'implies' or (j > i and share(j, i) > limit))]
        section('%s %s' % (what, limit), 'a\tb\tcount\ta_is_b\tb_is_a',
                [names(i) + [c, '%.6f' % share(*i), '%.6f' % share(*i[::-1])]
                 for c, i in sorted(hits, key=order)])
    hits = [(either(i, j, k), (i, j, k)) for i in range(n) for j in range(n)
            for k in range(j + 1, n) if i not in (j, k) and
            either(i, j, k) / both(i) > 0.5]
    section('implies-either 0.5', 'a\tb\tc\tcount\ta_is_b_or_c',
            [names(i) + [c, '%.6f' % (c / both(i[0]))]
             for c, i in sorted(hits, key=order)])


def folds():
    words = [t for t in TAGS if t and '\n' not in t and '\t' not in t]
    words += ['R&B & soul', 'a and b and c', 'andand', ' and ', '80s 90s', 'x80s',
              's', 'ss', 'S', 'as', '90s-80s', '1980s', '2000s', 'Sting & the Police',
              'the 70s', 'é80s', '_80s', '80S', 'Rock And Roll', '  ', 'ÀÉ0']
    with open(HERE + 'tags_fold.tsv', 'w', encoding='utf-8') as f:
        for name in tp.NORMALISER:
            for w in words:
                key = tp.NORMALISER[name](w)
                f.write('%s\t%s\t%s\t%s\n' % (name, w, key.lower(),
                                              tp.plural(key).lower()))


make_db()
TABLES = tp.read(DB)
cleanings(*TABLES)
queries(*TABLES)
folds()
