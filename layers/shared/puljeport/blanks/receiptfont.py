"""The font of a receipt's fields: the portal's own (IBM Plex Sans), cut down to European writing, each glyph by number.

What a blank's answers are written in knows 220 letters (`pdffields`); what stands in a receipt is somebody's file name.
The design system has the font in pieces, by script; they are put together again.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from fontTools.merge import Merger
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from pikepdf import Array, Dictionary, Name, Object, Pdf, String

from puljeport.blanks.pdffields import to_unicode

NAME = "/PULJEP+IBMPlexSans"
"""Six letters before a font that is cut down (ISO 32000-1, 9.6.4)."""
PIECES = ("Latin1", "Latin2", "Latin3", "Greek", "Cyrillic", "Pi")
LACKING = "\N{REPLACEMENT CHARACTER}"
"""Stands for every character that the font does not have, and is an empty box."""
_TABLES = ["GDEF", "GPOS", "GSUB", "DSIG", "meta"]


class Letters(NamedTuple):
    """A font: its file, and by character the number and width of its glyph, in thousandths of the font's size."""

    file: bytes
    glyphs: dict[str, tuple[int, int]]
    measures: dict[str, int]


def unpack(source: Path, target: Path, weight: str, piece: str) -> Path:
    """Write one piece of the font (`IBMPlexSans-<weight>-<piece>.woff` in `source`) as TrueType in `target`."""
    with TTFont(source / f"IBMPlexSans-{weight}-{piece}.woff", recalcTimestamp=False) as font:
        font.flavor = None
        file = target / f"{weight}-{piece}.ttf"
        font.save(file)
        return file


def letters(source: Path, scratch: Path) -> Letters:
    """The font from its pieces in `source`. `scratch` is a folder for what lies in between."""
    font = Merger().merge([str(unpack(source, scratch, "Regular", piece)) for piece in PIECES])
    # The merger writes down when it ran; the same pieces are to give the same bytes.
    font.recalcTimestamp, font["head"].created, font["head"].modified = False, 0, 0
    _box(font)
    options = Options(
        layout_features=[], hinting=False, drop_tables=_TABLES, name_IDs=[1, 2, 4, 6, 13], notdef_outline=True,
        glyph_names=False, recalc_timestamp=False,
    )  # fmt: skip
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=[code for code in font.getBestCmap() if code >= ord(" ")])
    subsetter.subset(font)
    thousand = 1000 / font["head"].unitsPerEm
    numbers, widths = font.getReverseGlyphMap(), font["hmtx"]
    glyphs = {
        chr(code): (numbers[name], round(widths[name][0] * thousand)) for code, name in font.getBestCmap().items()
    }
    measures = {
        "Ascent": font["hhea"].ascent, "Descent": font["hhea"].descent, "CapHeight": font["OS/2"].sCapHeight,
        "left": font["head"].xMin, "bottom": font["head"].yMin, "right": font["head"].xMax, "top": font["head"].yMax,
    }  # fmt: skip
    buffer = BytesIO()
    font.save(buffer, reorderTables=False)
    return Letters(buffer.getvalue(), glyphs, {name: round(value * thousand) for name, value in measures.items()})


def _box(font: TTFont) -> None:
    """Give the font's empty box, which stands for what it lacks, a character of its own: the glyph that it is must not
    be used (PDF/UA-1, 7.21.8)."""
    name = "box"
    font.setGlyphOrder([*font.getGlyphOrder(), name])
    font["glyf"][name], font["hmtx"][name] = font["glyf"][".notdef"], font["hmtx"][".notdef"]
    for table in font["cmap"].tables:
        if table.isUnicode():
            table.cmap[ord(LACKING)] = name


def embedded(pdf: Pdf, font: Letters) -> Object:
    """The font as an object of `pdf`, whose codes are the glyphs' numbers, two bytes each (ISO 32000-1, 9.7)."""
    stream = pdf.make_stream(font.file)
    stream.Length1 = len(font.file)
    symbolic = 1 << 2
    sides = Array([font.measures[side] for side in ("left", "bottom", "right", "top")])
    descriptor = Dictionary(
        Type=Name.FontDescriptor, FontName=Name(NAME), Flags=symbolic, FontBBox=sides, ItalicAngle=0,
        Ascent=font.measures["Ascent"], Descent=font.measures["Descent"], CapHeight=font.measures["CapHeight"],
        StemV=80, FontFile2=stream,
    )  # fmt: skip
    by_number = dict(font.glyphs.values())
    widths = Array([part for number, width in sorted(by_number.items()) for part in (number, Array([width]))])
    system = Dictionary(Registry=String("Adobe"), Ordering=String("Identity"), Supplement=0)
    descendant = Dictionary(
        Type=Name.Font, Subtype=Name.CIDFontType2, BaseFont=Name(NAME), CIDSystemInfo=system, W=widths,
        CIDToGIDMap=Name.Identity, FontDescriptor=pdf.make_indirect(descriptor),
    )  # fmt: skip
    # Where two characters share a glyph it is the lower one: a space and not one that does not break.
    known = {number: letter for letter, (number, _) in sorted(font.glyphs.items(), reverse=True)}
    return pdf.make_indirect(
        Dictionary(
            Type=Name.Font, Subtype=Name.Type0, BaseFont=Name(NAME), Encoding=Name("/Identity-H"),
            DescendantFonts=Array([pdf.make_indirect(descendant)]),
            ToUnicode=pdf.make_stream(to_unicode(dict(sorted(known.items())), 2)),
        )
    )  # fmt: skip
