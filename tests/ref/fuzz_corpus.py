# SPDX-License-Identifier: MIT
# Makes the corpora of fuzz_sqlite, fuzz_h5chunk and, with h5py, fuzz_h5, in the
# current folder:
#   mkdir new && (cd new && python3 ../tests/ref/fuzz_corpus.py)
#   for n in sqlite h5chunk h5; do sh tests/fuzz/corpus.sh pack $n new/$n; done
import os, sqlite3, sys, zlib
for d in ('sqlite','h5chunk','h5'): os.makedirs(d,exist_ok=True)
def db(name,sql,enc='UTF-8'):
    p='sqlite/'+name
    if os.path.exists(p): os.unlink(p)
    c=sqlite3.connect(p); c.executescript("PRAGMA page_size=512; PRAGMA encoding='%s';"%enc+sql); c.commit(); c.close()
base="CREATE TABLE tids(tid TEXT); INSERT INTO tids VALUES('a'),('b'),('c'); CREATE TABLE tags(tag TEXT); INSERT INTO tags VALUES('x'),('y'),('');"
db('small',base+"CREATE TABLE tid_tag(tid INT,tag INT,val FLOAT); INSERT INTO tid_tag VALUES(1,1,9),(2,2,5.5),(3,1,NULL),(9,9,1),('q',1,'z');")
db('clean',"CREATE TABLE tags (num INTEGER PRIMARY KEY, tag TEXT NOT NULL UNIQUE); INSERT INTO tags VALUES(1,'x'),(2,'y'); CREATE TABLE tids(num INTEGER PRIMARY KEY, tid TEXT NOT NULL); INSERT INTO tids VALUES(4,'a'); CREATE TABLE tid_tag(tid INT,tag INT,val FLOAT,PRIMARY KEY(tag,tid)) WITHOUT ROWID; INSERT INTO tid_tag VALUES(4,1,2),(4,2,3);")
db('sparse',"CREATE TABLE tids(tid TEXT); INSERT INTO tids(rowid,tid) VALUES(-5,'a'),(134217728,'b'); CREATE TABLE tags(tag TEXT); INSERT INTO tags(rowid,tag) VALUES(1,'x'),(4294967296,'y'); CREATE TABLE tid_tag(tid INT,tag INT); INSERT INTO tid_tag(rowid,tid,tag) VALUES(-9223372036854775808,-5,1),(9223372036854775807,134217728,4294967296);",'UTF-16le')
db('many',"CREATE TABLE tids(tid TEXT); CREATE TABLE tags(tag TEXT); CREATE TABLE tid_tag(tid INT,tag INT,val FLOAT); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<60) INSERT INTO tid_tag SELECT i%20+1,i%5+1,i FROM n; INSERT INTO tids SELECT 't'||rowid FROM tid_tag WHERE rowid<21; INSERT INTO tags VALUES('a'),('b'),('c'),(printf('%.*c',900,'x')),('e');")
db('songs',"CREATE TABLE songs(track_id text PRIMARY KEY,title text,song_id text,track_7digitalid int); INSERT INTO songs VALUES('TRAAAAA128F0000001','t','SOAAAAAAAAAAAAA003',7); CREATE INDEX i ON songs(track_7digitalid);")
db('view',base+"CREATE VIEW tid_tag AS SELECT 1 AS tid, 1 AS tag;")
def h5c(name,rows,rs,flags,data,extra=b'\0\4\4\0\4'):
    open('h5chunk/'+name,'wb').write(bytes([rows-1,rs-1,flags])+extra+data)
raw=bytes(range(160))
def shuf(d,r,s): return bytes(d[i*s+b] for b in range(s) for i in range(r))
h5c('plain',10,16,4,raw); h5c('deflated',10,16,2|4,zlib.compress(raw)); h5c('both',10,16,3|8,zlib.compress(shuf(raw,10,16))); h5c('shuffled',10,16,1|16,shuf(raw,10,16))
try:
    import h5py, numpy as np
except ImportError: sys.exit()
def song(p,how,full,libver):
    f=h5py.File('h5/'+p,'w',libver=libver)
    A=np.zeros(1,dtype=[('track_id','S18'),('duration','f8'),('tempo','f8'),('loudness','f8'),('key','i4'),('mode','i4'),('time_signature','i4'),('analysis_sample_rate','i4')]); A['track_id']=b'TRAAAAA128F0000001'
    M=np.zeros(1,dtype=[(n,'S8') for n in ('song_id','artist_id','artist_mbid','artist_name','release','title')]+[('artist_familiarity','f8'),('artist_hotttnesss','f8'),('song_hotttnesss','f8'),('track_7digitalid','i4')])
    B=np.zeros(1,dtype=[('year','i4')])
    for g,t in (('analysis',A),('metadata',M),('musicbrainz',B)):
        f.create_dataset(g+'/songs',data=t,**how)
    if full:
        for n in ('segments_start','beats_start','bars_start','sections_start'): f.create_dataset('analysis/'+n,data=np.arange(2.),**how)
        for n in ('metadata/similar_artists','metadata/artist_terms','musicbrainz/artist_mbtags'): f.create_dataset(n,data=np.array([b'rock',b'pop'],'S8'),**how)
        f.create_dataset('metadata/artist_terms_weight',data=np.arange(2.),**how)
    f.close(); print(p,os.path.getsize('h5/'+p))
song('contiguous',{},False,'latest'); song('deflated',dict(chunks=(1,),compression='gzip',shuffle=True),False,'latest'); song('song',dict(chunks=(1,),compression='gzip'),True,'latest'); song('old',{},False,'earliest')
