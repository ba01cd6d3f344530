#!/bin/sh
# What is read, and that nothing else is: playlists, files that are not sound,
# standard input, sizes in headers that are wrong.
. tests/lib/tap.sh
. tests/lib/sound.sh
cd "$tmp" || exit 4
tone 0.1 8000 > a.wav

# fails NAME CODE TEXT: decoding and scanning make the same failed record of it
fails() {
	for tool in decode scan; do
		code=$2
		rm -f log
		mt-$tool -q --fail-log log "$1" > s.mtr
		is "$? $(mt-view -c s.mtr)" '1 1 segments, 0 records, 1 failed' "mt-$tool: $1 fails"
		like log "\"code\":\"$tool\\.$code\",\"text\":\"[^\"]*$1: $3" "mt-$tool: $1 is named"
	done
}
# playlists that name a file of sound, in the places of sounds
printf '#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n%s/a.wav\n#EXT-X-ENDLIST\n' "$tmp" > hls.mp3
printf '#EXTINF:1,a\na.wav\n' > m3u.wav
printf 'ffconcat version 1.0\nfile a.wav\n' > cat.mp3
printf '[playlist]\nFile1=a.wav\n' > pls.ogg
printf 'FILE "a.wav" WAVE\n  TRACK 01 AUDIO\n    INDEX 01 00:00:00\n' > cue.flac
printf '<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>a.wav</BaseURL></MPD>' > mpd.m4a
printf 'v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\nm=audio 9 RTP/AVP 0\r\n' > sdp.mp3
printf '<asx version="3.0"><entry><ref href="a.wav"/></entry></asx>' > asx.wma
printf '<?xml version="1.0"?><playlist xmlns="http://xspf.org/ns/0/"/>' > xspf.mp3
fails hls.mp3 open 'is a playlist .HLS or M3U., not a sound file'
fails m3u.wav open 'is a playlist .M3U.'
fails cat.mp3 open 'is a playlist .ffconcat.'
fails pls.ogg open 'is a playlist .PLS.'
fails cue.flac open 'is a playlist .cue sheet.'
fails mpd.m4a open 'is a playlist .DASH.'
fails sdp.mp3 open 'is a playlist .SDP.'
fails asx.wma open 'is a playlist .ASX.'
fails xspf.mp3 open 'is a playlist .XSPF.'
# names that libavformat takes for protocols, patterns and lists
cp a.wav 'img%03d.wav'
mkdir concat: && cp a.wav concat:/x.wav
for f in file:a.wav concat:a.wav subfile,,start,0,end,0,,:a.wav http://127.0.0.1:9/a.mp3 data:audio/wav,x; do
	rc 1 "no protocol: $f" mt-decode "$f"
	like err 'cannot open: No such file' 'a file of that name is looked for'
done
rc 0 'a pattern is a name' mt-decode 'img%03d.wav' concat:/x.wav -o s.mtr
# other contents
printf '<!DOCTYPE html><html><head><title>404 Not Found</title></head></html>' > html.mp3
printf '\n\n  <HTML><body>Moved</body></HTML>' > html2.mp3
printf 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n' > lfs.wav
printf '{"error": "not found"}' > json.ogg
printf 'Plain words, caf\303\251.\n' > text.wav
printf '\377\376h\000e\000l\000l\000o\000 \000y\000o\000' > wide.mp3
printf '\377\330\377\340\000\020JFIF\000' > jpeg.mp3
printf '\211PNG\r\n\032\n' > png.mp3
printf 'PK\003\004\024\000' > zip.mp3
printf '%%PDF-1.7\n' > pdf.mp3
printf 'MThd\000\000\000\006\000\001' > midi.mp3
printf 'ID3\003\000\000\000\000\000\025TIT2\000\000\000\013\000\000\000aaaaaaaaaa' > tag.mp3
head -c 5000 /dev/zero > zeros.mp3
: > empty.mp3
fails html.mp3 open 'is not a sound file .HTML.'
fails html2.mp3 open 'is not a sound file .HTML.'
fails lfs.wav open 'is not a sound file .Git LFS pointer.'
fails json.ogg open 'is not a sound file .JSON.'
fails text.wav open 'is not a sound file .text.'
fails wide.mp3 open 'is not a sound file .UTF-16 text.'
fails jpeg.mp3 open 'is not a sound file .JPEG picture.'
fails png.mp3 open 'is not a sound file .PNG picture.'
fails zip.mp3 open 'is not a sound file .ZIP archive.'
fails pdf.mp3 open 'is not a sound file .PDF document.'
fails midi.mp3 open 'is not a sound file .MIDI file.'
fails tag.mp3 nostream 'holds no audio, only an ID3 tag'
fails zeros.mp3 open 'is not a sound file .it begins with zeros.'
fails empty.mp3 empty 'has 0 bytes'
rc 1 'a device' mt-decode /dev/zero
like err '/dev/zero: is a device, not a file' 'is refused'

# standard input: a pipe, a file, a file from its middle on
samples() { mt-view -f pcm | cut -f2- | cksum; }
mt-decode -r 0 a.wav | samples > want
for how in 'cat a.wav | mt-decode -r 0 -' 'mt-decode -r 0 - < a.wav' \
	'(echo; cat a.wav) > b; { dd bs=1 count=1 of=/dev/null; mt-decode -r 0 -; } < b' \
	'mkfifo p; cat a.wav > p & mt-decode -r 0 p'; do
	sh -c "$how" 2> /dev/null | samples > got
	same got want "the same samples: $how"
done
rc 1 'nothing on standard input' sh -c ': | mt-decode -'
like err 'standard input: has 0 bytes' 'is told'
rc 1 'a page on standard input' sh -c 'cat html.mp3 | mt-decode -'
like err 'standard input: is not a sound file .HTML.' 'is named'
rc 4 'no place for a copy of it' sh -c 'cat a.wav | TMPDIR=nowhere mt-decode -'
like err 'standard input: cannot copy it to a temporary file in nowhere: No such file' 'is told'
# what an encoder writes to a pipe is read as it comes
perl -e 'binmode STDIN; undef $/; $_ = <STDIN>; substr($_, 40, 4) = "\xff" x 4; print' < a.wav > live.wav
mt-decode -r 0 - < live.wav | samples > got
same got want 'sizes that were never written'

# sizes that wrapped, or that more stands behind; 5 GiB, sparse
perl -e 'my $n = 5 * 2**30; open my $f, ">", "big.wav"; print $f pack "A4VA4A4VvvVVvvA4V", "RIFF",
		(36 + $n) % 2**32, "WAVE", "fmt ", 16, 1, 1, 8000, 16000, 2, 16, "data", $n % 2**32;
	truncate $f, 44 + $n' &&
	mt-scan big.wav 2> err | mt-view --tsv -f seconds | tail -1 | cut -f2 > got
is "$(awk '{ printf "%.2f", $1 }' got)" 335544.32 'a WAV of more than 4 GiB'
tone 0.1 800 > tail.wav
perl -e 'truncate "tail.wav", 2**28'
(ulimit -t 1; mt-scan -j1 tail.wav > s.mtr)
is "$(mt-view --tsv -f seconds s.mtr | tail -1 | cut -f2 | cut -c1-3)" 0.1 'zeros behind the sound are not walked through'
rm -f big.wav tail.wav
tap_end
