/* SPDX-License-Identifier: MIT */
#include "audio/kind.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define TEXT_LOOK 512

static const struct magic {
	const char *bytes;
	unsigned char n;
	const char *name;
} magic[] = {
	{"\xff\xd8\xff", 3, "JPEG picture"},
	{"\x89PNG\r\n\x1a\n", 8, "PNG picture"},
	{"GIF8", 4, "GIF picture"},
	{"II*\0", 4, "TIFF picture"},
	{"MM\0*", 4, "TIFF picture"},
	{"%PDF-", 5, "PDF document"},
	{"PK\3\4", 4, "ZIP archive"},
	{"PK\5\6", 4, "ZIP archive"},
	{"\x1f\x8b\x08", 3, "gzip archive"},
	{"BZh", 3, "bzip2 archive"},
	{"\xfd" "7zXZ\0", 6, "xz archive"},
	{"7z\xbc\xaf\x27\x1c", 6, "7-Zip archive"},
	{"Rar!\x1a\x07", 6, "RAR archive"},
	{"\x28\xb5\x2f\xfd", 4, "zstd archive"},
	{"\0\5\x16\7", 4, "AppleDouble file"},
	{"\0\5\x16\0", 4, "AppleSingle file"},
	{"\x7f" "ELF", 4, "ELF program"},
	{"SQLite format 3", 16, "SQLite database"},
	{"\x89HDF\r\n\x1a\n", 8, "HDF5 file"},
	{"MThd", 4, "MIDI file"},
	{"\xab" "MTR", 4, "mtrec stream"},
	{"L\0\0\0\1\x14\2\0", 8, "Windows shortcut"},
	{"d8:announce", 11, "BitTorrent file"},
	{"d10:created", 11, "BitTorrent file"},
	{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8, "Microsoft Office document"},
};

/* Words that text of a kind begins with, in any case of its letters. */
static const struct word {
	const char *word, *name;
	bool playlist;
} words[] = {
	{"version https://git-lfs", "Git LFS pointer", false},
	{"version https://hawser", "Git LFS pointer", false},
	{"<!doctype html", "HTML", false},
	{"<html", "HTML", false},
	{"<head", "HTML", false},
	{"<body", "HTML", false},
	{"#EXTM3U", "HLS or M3U", true},
	{"#EXTINF", "M3U", true},
	{"[playlist]", "PLS", true},
	{"ffconcat", "ffconcat", true},
	{"<asx", "ASX", true},
	{"[Reference]", "ASX", true},
	{"<mpd", "DASH", true},
	{"<smil", "SMIL", true},
	{"<playlist", "XSPF", true},
	{"<?wpl", "WPL", true},
	{"v=0\r\no=", "SDP", true},
	{"v=0\no=", "SDP", true},
	{"rtsp://", "RealAudio", true},
	{"http://", "addresses", true},
	{"https://", "addresses", true},
	{"<svg", "SVG picture", false},
	{"<?php", "PHP script", false},
	{"#!/", "script", false},
	{"{", "JSON", false},
	{"[{", "JSON", false},
};

/* Sound whose header is text. */
static bool sounds_like_text(const unsigned char *p, size_t n)
{
	static const char *const sound[] = {
		"RIFF", "RIFX", "RF64", "BW64", "FORM", "FRM8", "fLaC", "OggS",
		".snd", "caff", "wvpk", "MAC ", "TTA1", "tBaK", "MPCK", "MP+",
		"#!AM", "NIST", "Crea", "2BIT", "ID3", "DSD ", "ADIF", ".RMF",
		"SOUN", "riff",
	};
	for (size_t i = 0; i < sizeof sound / sizeof *sound; i++)
		if (n >= strlen(sound[i]) && !memcmp(p, sound[i], strlen(sound[i])))
			return true;
	return false;
}

/* Bytes of the character at p, of at most n; 0: this is not text. */
static size_t text_char(const unsigned char *p, size_t n)
{
	size_t len = *p < 0x80 ? 1 : *p >= 0xc2 && *p < 0xe0 ? 2
		     : *p >= 0xe0 && *p < 0xf0 ? 3
		     : *p >= 0xf0 && *p < 0xf5 ? 4 : 0;
	if (len == 1)
		return *p >= ' ' || (*p >= '\t' && *p <= '\r');
	for (size_t i = 1; i < len && i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

static bool is_text(const unsigned char *p, size_t n)
{
	for (size_t i = 0, step; i < n; i += step)
		if (!(step = text_char(p + i, n - i)))
			return false;
	return n && !sounds_like_text(p, n);
}

/* UTF-16 of Latin letters. */
static bool is_wide(const unsigned char *p, size_t n)
{
	bool little = n >= 16 && p[0] == 0xff && p[1] == 0xfe;
	if (!little && !(n >= 16 && p[0] == 0xfe && p[1] == 0xff))
		return false;
	for (size_t i = 2; i < 16; i += 2)
		if (p[i + little] || !text_char(p + i + !little, 1))
			return false;
	return true;
}

static bool holds(const unsigned char *p, size_t n, const char *word)
{
	return memmem(p, n, word, strlen(word));
}

static bool begins(const unsigned char *p, size_t n, const char *word)
{
	size_t len = strlen(word);
	return n >= len && !strncasecmp((const char *)p, word, len);
}

static struct mt_kind kind_of_xml(const unsigned char *p, size_t n)
{
	static const char *const list[][2] = {
		{"<playlist", "XSPF"}, {"<MPD", "DASH"}, {"<smil", "SMIL"},
		{"<asx", "ASX"},
	};
	for (size_t i = 0; i < sizeof list / sizeof *list; i++)
		if (holds(p, n, list[i][0]))
			return (struct mt_kind){list[i][1], true};
	return (struct mt_kind){holds(p, n, "<html") ? "HTML" : "XML", false};
}

static struct mt_kind kind_of_text(const unsigned char *p, size_t n)
{
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (begins(p, n, words[i].word))
			return (struct mt_kind){words[i].name, words[i].playlist};
	if (begins(p, n, "<?xml") || begins(p, n, "<!--"))
		return kind_of_xml(p, n);
	if (holds(p, n, "INDEX 01 ") && holds(p, n, "TRACK "))
		return (struct mt_kind){"cue sheet", true};
	return (struct mt_kind){"text", false};
}

struct mt_kind mt_kind_of(const unsigned char *p, size_t n)
{
	for (size_t i = 0; i < sizeof magic / sizeof *magic; i++)
		if (n >= magic[i].n && !memcmp(p, magic[i].bytes, magic[i].n))
			return (struct mt_kind){magic[i].name, false};
	if (n >= 12 && !memcmp(p, "RIFF", 4) && !memcmp(p + 8, "WEBP", 4))
		return (struct mt_kind){"WebP picture", false};
	if (is_wide(p, n))
		return (struct mt_kind){"UTF-16 text", false};
	if (!is_text(p, n < TEXT_LOOK ? n : TEXT_LOOK))
		return (struct mt_kind){NULL, false};
	size_t skip = n >= 3 && !memcmp(p, "\xef\xbb\xbf", 3) ? 3 : 0;
	while (skip < n && (p[skip] == ' ' || (p[skip] >= '\t' && p[skip] <= '\r')))
		skip++;
	return kind_of_text(p + skip, n - skip);
}

static bool named(const char *name, const char *const *list)
{
	for (; *list; list++)
		if (!strcmp(name, *list))
			return true;
	return false;
}

/* Containers of sound, or of sound and pictures, that hold it themselves. What
 * reads other files, devices or networks is not here, nor what makes sound of
 * notes. */
struct mt_kind mt_kind_of_format(const char *format)
{
	static const char *const sound[] = {
		"3dostr", "aa", "aac", "aax", "ac3", "ac4", "acm", "act", "adp", "ads",
		"adx", "aea", "afc", "aiff", "aix", "alaw", "amr", "amrnb", "amrwb",
		"apc", "ape", "aptx", "aptx_hd", "asf", "asf_o", "ast", "au", "avi",
		"avr", "bfstm", "binka", "bit", "boa", "brstm", "caf", "codec2",
		"daud", "dcstr", "dsf", "dss", "dts", "dtshd", "dv", "eac3", "epaf", "f32be",
		"f32le", "f64be", "f64le", "flac", "flv", "fsb", "fwse", "g722",
		"g723_1", "g726", "g726le", "g729", "genh", "gsm", "gxf", "hca",
		"hcom", "iff", "ilbc", "ircam", "iss", "kux", "loas",
		"matroska,webm", "mca", "mlp", "mmf", "mods", "mov,mp4,m4a,3gp,3g2,mj2",
		"mp3", "mpc", "mpc8", "mpeg", "mpegts", "mpegtsraw", "msf", "mtaf",
		"mulaw", "musx", "mxf", "nistsphere", "nut", "nuv", "ogg", "oma",
		"paf", "pvf", "qcp", "rm", "rsd", "rso", "s16be", "s16le", "s24be",
		"s24le", "s32be", "s32le", "s8", "sap", "sbc", "scd", "sds", "sdx",
		"shn", "sln", "sol", "sox", "spdif", "svag", "svs", "tak", "truehd",
		"tta", "u16be", "u16le", "u24be", "u24le", "u32be", "u32le", "u8",
		"vag", "vidc", "voc", "vpk", "vqf", "w64", "wav", "wsd", "wsaud",
		"wtv", "wv", "wve", "xa", "xvag", "xwma", NULL,
	};
	static const char *const lists[] = {
		"concat", "dash", "hls", "imf", "rtp", "rtsp", "sdp", "tedcaptions",
		"webm_dash_manifest", NULL,
	};
	if (named(format, sound))
		return (struct mt_kind){NULL, false};
	return (struct mt_kind){format, named(format, lists)};
}

int mt_kind_refuse(struct mt_kind kind, const char *stage, const char *name,
		   struct mt_err *err)
{
	char code[32];
	snprintf(code, sizeof code, "%s.open", stage);
	return mt_err_item(err, code, kind.playlist
			   ? "%s: is a playlist (%s), not a sound file"
			   : "%s: is not a sound file (%s)", name, kind.name);
}
