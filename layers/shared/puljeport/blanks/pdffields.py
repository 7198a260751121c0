"""Form fields on a laid-out PDF: each link to `field:<key>` becomes the widget of an AcroForm (ISO 32000-1, 12.7).

The typesetter has given every link its rectangle, its place in the tab order, and an element of the structure tree
that refers to it; the widget takes all of these over, and the element becomes a `Form` (14.8.4.5). Answers are written
in an embedded font, so that æ, ø and å look the same everywhere, and every field has an appearance from the start:
no program has to make one up (`NeedAppearances`), which some do badly.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from io import BytesIO
from itertools import pairwise

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from pikepdf import Array, Dictionary, Name, NumberTree, Object, Pdf, String

from puljeport import marks
from puljeport.blanks.pdfcontent import Field, Kind
from puljeport.blanks.typeset import FONTS

SCHEME = "field:"
_READ_ONLY, _REQUIRED, _MULTILINE, _RADIO, _COMBO, _EDIT = 1, 1 << 1, 1 << 12, 1 << 15, 1 << 17, 1 << 18
_HIDDEN, _PRINTED = 2, 4
_FLAGS = {Kind.LINES: _MULTILINE, Kind.LIST: _COMBO, Kind.OPEN_LIST: _COMBO | _EDIT, Kind.RADIO: _RADIO}
_INK = "0.106 0.122 0.137"
_FONT = "SourceSans"
_SIGNS = "ZaDb"
_RIGHT = 2
NO_CHOICE = " "
"""The first line of a list: without it, nobody could take a choice back."""


def add_fields(pdf: Pdf, fields: Mapping[str, Field], stamp: tuple[str, int]) -> None:
    """Make form fields of the document's links, and name call and version (`stamp`) in hidden ones."""
    form = _Form(pdf, fields)
    for page in pdf.pages:
        for annotation in page.obj.get("/Annots", Array()):
            form.convert(annotation, page.obj)
    form.hide(marks.CALL_PROPERTY, stamp[0])
    form.hide(marks.VERSION_PROPERTY, str(stamp[1]))
    signs = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.ZapfDingbats)
    fonts = Dictionary({f"/{_FONT}": form.font, f"/{_SIGNS}": pdf.make_indirect(signs)})
    pdf.Root.AcroForm = pdf.make_indirect(
        Dictionary(Fields=Array(form.top), DR=Dictionary(Font=fonts), DA=String(_style(10)))
    )


def key_of(annotation: Object) -> str | None:
    """The key of the field that a link stands for; None for any other link."""
    target = str(annotation.get("/A", Dictionary()).get("/URI", ""))
    return target.removeprefix(SCHEME) if target.startswith(SCHEME) else None


def to_widget(annotation: Object, page: Object, elements: NumberTree, said: str) -> None:
    """Make a widget of a link, and a `Form` of its element of the structure tree. `said` is what a field asks for."""
    elements[int(annotation.StructParent)].S = Name.Form
    for key in ("/A", "/Contents", "/Border"):
        del annotation[key]
    annotation.Subtype = Name.Widget
    annotation.P = page
    annotation.F = _PRINTED
    annotation.TU = String(said)


def _style(size: float) -> str:
    return f"/{_FONT} {size} Tf {_INK} rg"


class _Form:
    def __init__(self, pdf: Pdf, fields: Mapping[str, Field]) -> None:
        self._pdf = pdf
        self._fields = fields
        self._elements = NumberTree(pdf.Root.StructTreeRoot.ParentTree)
        self._groups: dict[str, Dictionary] = {}
        self.font = _font(pdf)
        self.top: list[Object] = []

    def convert(self, annotation: Object, page: Object) -> None:
        """Make the widget of a link to a field; other links stay."""
        key = key_of(annotation)
        if key is None:
            return
        asked = self._fields[key]
        to_widget(annotation, page, self._elements, asked.said)
        if asked.kind is Kind.RADIO:
            self._join(annotation, asked)
        else:
            annotation.T = String(marks.flat(asked.key))
            annotation.Ff = _FLAGS.get(asked.kind, 0) | (_REQUIRED if asked.required else 0)
            self.top.append(annotation)
        if asked.kind in (Kind.BOX, Kind.RADIO):
            self._button(annotation, asked)
        else:
            self._text(annotation, asked)

    def hide(self, name: str, value: str) -> None:
        """Add a field that nobody sees, with `value` in it."""
        page = self._pdf.pages[0].obj
        widget = Dictionary(
            Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, T=String(name), TU=String(name), V=String(value),
            Ff=_READ_ONLY, F=_HIDDEN, Rect=Array([0, 0, 0, 0]), P=page, DA=String(_style(10)),
        )  # fmt: skip
        self.top.append(self._pdf.make_indirect(widget))
        page.Annots.append(self.top[-1])

    def _join(self, annotation: Object, asked: Field) -> None:
        """Make it a button of its group, which is the field."""
        key = asked.key.rpartition(".")[0]
        if key not in self._groups:
            required = _REQUIRED if asked.required else 0
            group = Dictionary(FT=Name.Btn, T=String(marks.flat(key)), TU=String(asked.group), Ff=_RADIO | required)
            group.V, group.Kids = Name.Off, Array()
            self._groups[key] = self._pdf.make_indirect(group)
            self.top.append(self._groups[key])
        annotation.Parent = self._groups[key]
        self._groups[key].Kids.append(annotation)

    def _button(self, annotation: Object, asked: Field) -> None:
        on = asked.key.rpartition(".")[2] if asked.kind is Kind.RADIO else "Ja"
        width, height = _size(annotation)
        if asked.kind is Kind.BOX:
            annotation.FT, annotation.V = Name.Btn, Name.Off
            shape = f"1.6 w 1 J 3.4 3.4 m {width - 3.4:.2f} {height - 3.4:.2f} l 3.4 {height - 3.4:.2f} m "
            shape += f"{width - 3.4:.2f} 3.4 l S"
        else:
            shape = _circle(width / 2, height / 2, width * 0.26)
        annotation.AS = Name.Off
        # For programs that draw buttons anew: the cross and the dot of ZapfDingbats, which every program has.
        annotation.MK = Dictionary(CA=String("8" if asked.kind is Kind.BOX else "l"))
        annotation.DA = String(f"/{_SIGNS} 0 Tf {_INK} rg")
        drawn = f"q {_INK} rg {_INK} RG {shape} Q".encode()
        states = {f"/{on}": self._drawing(annotation, drawn), "/Off": self._drawing(annotation, b"")}
        annotation.AP = Dictionary(N=Dictionary(states))

    def _text(self, annotation: Object, asked: Field) -> None:
        size = 9 if asked.small else 9.5 if asked.kind is Kind.LINES else 10.5
        annotation.FT = Name.Ch if asked.options else Name.Tx
        annotation.DA = String(_style(size))
        if asked.number:
            annotation.Q = _RIGHT
        if asked.options:
            annotation.Opt = _options(asked)
        if asked.max_length is not None:
            annotation.MaxLen = asked.max_length
        drawing = self._drawing(annotation, b"/Tx BMC EMC")
        drawing.Resources = Dictionary(Font=Dictionary({f"/{_FONT}": self.font}))
        annotation.AP = Dictionary(N=drawing)

    def _drawing(self, annotation: Object, content: bytes) -> Object:
        drawing = self._pdf.make_stream(content)
        drawing.Type, drawing.Subtype = Name.XObject, Name.Form
        width, height = _size(annotation)
        drawing.BBox = Array([0, 0, round(width, 3), round(height, 3)])
        drawing.Resources = Dictionary()
        return drawing


def _options(asked: Field) -> Array:
    if asked.kind is Kind.OPEN_LIST:
        return Array([String(shown) for _, shown in asked.options])
    listed = ((NO_CHOICE, NO_CHOICE), *asked.options)
    return Array([Array([String(value), String(shown)]) for value, shown in listed])


def _size(annotation: Object) -> tuple[float, float]:
    left, bottom, right, top = (float(side) for side in annotation.Rect)
    return right - left, top - bottom


def _circle(x: float, y: float, radius: float) -> str:
    bend = 0.5523 * radius  # four Bézier curves, the usual approximation
    corners = [(1, 0), (0, 1), (-1, 0), (0, -1), (1, 0)]
    path = f"{x + radius:.2f} {y:.2f} m "
    for (ax, ay), (bx, by) in pairwise(corners):
        points = (
            (x + ax * radius + bx * bend, y + ay * radius + by * bend),
            (x + bx * radius + ax * bend, y + by * radius + ay * bend),
            (x + bx * radius, y + by * radius),
        )
        path += " ".join(f"{px:.2f} {py:.2f}" for px, py in points) + " c "
    return path + "f"


@cache
def _letters() -> tuple[bytes, list[int], dict[str, int]]:
    """The font cut down to what Windows' western encoding holds: its file, widths from 32 to 255, and measures."""
    text = bytes(range(32, 256)).decode("cp1252", "replace").replace("\ufffd", "\u00a0")
    font = TTFont(FONTS / "SourceSansPro-Regular.ttf")
    options = Options(layout_features=[], name_IDs=[1, 2, 4, 6, 13], notdef_outline=True, recalc_timestamp=False)
    subsetter = Subsetter(options)
    subsetter.populate(text=text)
    subsetter.subset(font)
    units = font["head"].unitsPerEm
    glyphs, measures = font.getBestCmap(), font["hmtx"]
    widths = [round(measures[glyphs.get(ord(letter), ".notdef")][0] * 1000 / units) for letter in text]
    about = {
        "Ascent": font["hhea"].ascent, "Descent": font["hhea"].descent, "CapHeight": font["OS/2"].sCapHeight,
        "left": font["head"].xMin, "bottom": font["head"].yMin, "right": font["head"].xMax, "top": font["head"].yMax,
    }  # fmt: skip
    buffer = BytesIO()
    font.save(buffer, reorderTables=False)
    return buffer.getvalue(), widths, {name: round(value * 1000 / units) for name, value in about.items()}


def _font(pdf: Pdf) -> Object:
    file, widths, about = _letters()
    letters = {code: letter for code in range(32, 256) if (letter := bytes([code]).decode("cp1252", "ignore"))}
    stream = pdf.make_stream(file)
    stream.Length1 = len(file)
    box = Array([about[side] for side in ("left", "bottom", "right", "top")])
    non_symbolic = 1 << 5
    descriptor = Dictionary(
        Type=Name.FontDescriptor, FontName=Name("/SourceSansPro-Regular"), Flags=non_symbolic, FontBBox=box,
        ItalicAngle=0, Ascent=about["Ascent"], Descent=about["Descent"], CapHeight=about["CapHeight"], StemV=84,
        FontFile2=stream,
    )  # fmt: skip
    return pdf.make_indirect(
        Dictionary(
            Type=Name.Font, Subtype=Name.TrueType, BaseFont=Name("/SourceSansPro-Regular"), FirstChar=32,
            LastChar=255, Widths=Array(widths), Encoding=Name.WinAnsiEncoding,
            FontDescriptor=pdf.make_indirect(descriptor), ToUnicode=pdf.make_stream(to_unicode(letters, 1)),
        )
    )  # fmt: skip


def to_unicode(letters: Mapping[int, str], width: int) -> bytes:
    """Which character each code of a font is (ISO 32000-1, 9.10.3); a code is `width` bytes. Programs that print a form
    would do without, but some number the letters anew, and only what stands here tells æ from Ê in what they write."""
    digits = 2 * width
    lines = [f"<{code:0{digits}X}> <{letter.encode('utf-16-be').hex().upper()}>" for code, letter in letters.items()]
    blocks = [lines[start : start + 100] for start in range(0, len(lines), 100)]  # a block may have no more
    return "\n".join(
        [
            "/CIDInit /ProcSet findresource begin 12 dict begin begincmap",
            "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def",
            "/CMapName /Adobe-Identity-UCS def /CMapType 2 def",
            f"1 begincodespacerange <{'0' * digits}> <{'F' * digits}> endcodespacerange",
            *(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks),
            "endcmap CMapName currentdict /CMap defineresource pop end end",
        ]
    ).encode()
