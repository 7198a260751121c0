"""How a blank looks: styles, lists, fonts and settings, and the zip around them. One sans font, one colour."""

from __future__ import annotations

import zipfile
from io import BytesIO
from xml.sax.saxutils import escape, quoteattr

ACCENT, INK, QUIET, HINT, LINE, ALERT = "12394F", "1B1F23", "4D5A63", "5F6B74", "B9C8D1", "A3231B"
TINT = "EEF4F7"

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_FONT = "Calibri"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_WORDS_OWN = ("Title", "Subtitle", "Heading1", "Heading2", "Footer")
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)


def _style(name: str, shown: str, paragraph: str = "", text: str = "", *, after: str = "") -> str:
    follows = f'<w:next w:val="{after}"/>' if after else ""
    own = "" if name in _WORDS_OWN else ' w:customStyle="1"'
    return (
        f'<w:style w:type="paragraph"{own} w:styleId="{name}"><w:name w:val="{shown}"/><w:basedOn w:val="Normal"/>'
        f"{follows}<w:qFormat/><w:pPr>{paragraph}</w:pPr><w:rPr>{text}</w:rPr></w:style>"
    )


def _character(name: str, shown: str, text: str) -> str:
    return f'<w:style w:type="character" w:styleId="{name}"><w:name w:val="{shown}"/><w:rPr>{text}</w:rPr></w:style>'


def _space(before: int, after: int, line: int = 264) -> str:
    return f'<w:spacing w:before="{before}" w:after="{after}" w:line="{line}" w:lineRule="auto"/>'


def _text(size: float, colour: str = INK, *, bold: bool = False) -> str:
    weight = "<w:b/><w:bCs/>" if bold else ""
    return f'{weight}<w:color w:val="{colour}"/><w:sz w:val="{size * 2:.0f}"/><w:szCs w:val="{size * 2:.0f}"/>'


def _list(number: int) -> str:
    return f'<w:numPr><w:ilvl w:val="0"/><w:numId w:val="{number}"/></w:numPr>'


def _line(side: str, size: int, colour: str, space: int = 0) -> str:
    return f'<w:{side} w:val="single" w:sz="{size}" w:space="{space}" w:color="{colour}"/>'


def _table_style(name: str, shown: str, extra: str = "") -> str:
    borders = "".join(_line(side, 4, LINE) for side in ("top", "bottom", "insideH"))
    margins = '<w:top w:w="70" w:type="dxa"/><w:left w:w="113" w:type="dxa"/>'
    margins += '<w:bottom w:w="70" w:type="dxa"/><w:right w:w="113" w:type="dxa"/>'
    return (
        f'<w:style w:type="table" w:styleId="{name}"><w:name w:val="{shown}"/><w:basedOn w:val="TableNormal"/>'
        f"<w:tblPr><w:tblBorders>{borders}{extra}</w:tblBorders><w:tblCellMar>{margins}</w:tblCellMar></w:tblPr>"
        "</w:style>"
    )


def styles(locale: str) -> str:
    """word/styles.xml, with `locale` (such as da-DK) as the language of all text."""
    keep = "<w:keepNext/><w:keepLines/>"
    box = f"<w:pBdr>{_line('left', 24, ACCENT, 10)}</w:pBdr>"
    return (
        f"{_HEAD}<w:styles {_W}><w:docDefaults><w:rPrDefault><w:rPr>"
        f'<w:rFonts w:ascii="{_FONT}" w:hAnsi="{_FONT}" w:eastAsia="{_FONT}" w:cs="{_FONT}"/>{_text(10.5)}'
        f'<w:lang w:val="{locale}" w:eastAsia="{locale}" w:bidi="ar-SA"/></w:rPr></w:rPrDefault>'
        f"<w:pPrDefault><w:pPr>{_space(0, 80)}</w:pPr></w:pPrDefault></w:docDefaults>"
        '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/><w:qFormat/></w:style>'
        '<w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/><w:tblPr>'
        '<w:tblInd w:w="0" w:type="dxa"/></w:tblPr></w:style>'
        + _style("Agency", "Agency", _space(0, 200), _text(10.5, ACCENT, bold=True))
        + _style("Title", "Title", keep + _space(0, 60, 228), _text(23, ACCENT, bold=True), after="Subtitle")
        + _style(
            "Subtitle",
            "Subtitle",
            f"<w:pBdr>{_line('bottom', 12, ACCENT, 10)}</w:pBdr>{_space(0, 240)}",
            _text(14, QUIET),
        )
        + _style(
            "Heading1",
            "heading 1",
            f'{keep}{_space(420, 100, 240)}<w:outlineLvl w:val="0"/>',
            _text(15, ACCENT, bold=True),
            after="Normal",
        )
        + _style(
            "Heading2",
            "heading 2",
            f'{keep}{_space(240, 80, 240)}<w:outlineLvl w:val="1"/>',
            _text(11.5, ACCENT, bold=True),
            after="Normal",
        )
        + _style(
            "Fact",
            "Fact",
            f'<w:tabs><w:tab w:val="left" w:pos="2381"/></w:tabs>{_space(0, 60)}'
            '<w:ind w:left="2381" w:hanging="2381"/>',
        )
        + _style("Intro", "Intro", _space(160, 80))
        + _style("Step", "Step", f'{_list(1)}{box}{_space(0, 40)}<w:ind w:left="510" w:hanging="340"/>')
        + _style("Label", "Label", _space(0, 0, 252), _text(10.5, bold=True))
        + _style("TableLabel", "Table label", _space(200, 20, 252), _text(10.5, bold=True))
        + _style("Help", "Help", _space(0, 30, 247), _text(9, QUIET))
        + _style(
            "Option",
            "Option",
            f'{_list(2)}{_space(20, 20, 247)}<w:ind w:left="284" w:hanging="284"/>',
            _text(9.5),
        )
        + _style("Declared", "Declared", _space(20, 0, 252), _text(10.5))
        + _style("Answer", "Answer", _space(0, 0))
        + _style("AnswerTick", "Answer tick", f'{_space(0, 0)}<w:jc w:val="center"/>', _text(15))
        + _style(
            "AnswerOption",
            "Answer option",
            f'<w:tabs><w:tab w:val="left" w:pos="369"/></w:tabs>{_space(10, 30)}<w:ind w:left="369" w:hanging="369"/>',
        )
        + _style("OptionHelp", "Option help", f'{_space(0, 40)}<w:ind w:left="369"/>', _text(9, QUIET))
        + _style("ColumnHead", "Column head", f"{_space(0, 0, 240)}", _text(9.5, "FFFFFF", bold=True))
        + _style("ColumnHelp", "Column help", f"{_space(0, 0, 228)}", _text(8, "FFFFFF"))
        + _style("Gap", "Gap", _space(0, 60, 240), _text(6))
        + _style(
            "Footer",
            "footer",
            f"<w:pBdr>{_line('top', 4, LINE, 6)}</w:pBdr>"
            f'<w:tabs><w:tab w:val="right" w:pos="9411"/></w:tabs>{_space(0, 0, 240)}',
            _text(8.5, QUIET),
        )
        + _character("PlaceholderText", "Placeholder Text", f'<w:color w:val="{HINT}"/>')
        + _character(
            "CheckBox", "Check box", '<w:rFonts w:ascii="MS Gothic" w:hAnsi="MS Gothic" w:eastAsia="MS Gothic"/>'
        )
        + _character("FactName", "Fact name", f'<w:b/><w:bCs/><w:color w:val="{ACCENT}"/>')
        + _character("Strong", "Strong", "<w:b/><w:bCs/>")
        + _character("Required", "Required", f'<w:b/><w:bCs/><w:color w:val="{ALERT}"/>')
        + _table_style("Answers", "Answers")
        + _table_style("Rows", "Rows", _line("insideV", 4, LINE))
        + "</w:styles>"
    )


def _level(number: int, format_: str, text: str, left: int, hanging: int) -> str:
    return (
        f'<w:abstractNum w:abstractNumId="{number}"><w:multiLevelType w:val="singleLevel"/><w:lvl w:ilvl="0">'
        f'<w:start w:val="1"/><w:numFmt w:val="{format_}"/><w:lvlText w:val="{text}"/><w:lvlJc w:val="left"/>'
        f'<w:pPr><w:ind w:left="{left}" w:hanging="{hanging}"/></w:pPr>'
        f'<w:rPr><w:b/><w:color w:val="{ACCENT}"/></w:rPr></w:lvl></w:abstractNum>'
    )


def _numbering() -> str:
    return (
        f"{_HEAD}<w:numbering {_W}>{_level(0, 'decimal', '%1.', 510, 340)}{_level(1, 'bullet', '•', 284, 284)}"
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>'
        "</w:numbering>"
    )


def _settings(locale: str) -> str:
    # Below mode 14 Word shows the check boxes as plain pictures that cannot be ticked.
    return (
        f'{_HEAD}<w:settings {_W}><w:zoom w:percent="100"/><w:defaultTabStop w:val="720"/><w:compat><w:compatSetting '
        'w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat>'
        f'<w:themeFontLang w:val="{locale}"/><w:decimalSymbol w:val=","/><w:listSeparator w:val=";"/></w:settings>'
    )


def _fonts() -> str:
    return (
        f'{_HEAD}<w:fonts {_W}><w:font w:name="{_FONT}"><w:altName w:val="Carlito"/><w:family w:val="swiss"/>'
        '<w:pitch w:val="variable"/></w:font><w:font w:name="MS Gothic"><w:altName w:val="Segoe UI Symbol"/>'
        '<w:family w:val="modern"/><w:pitch w:val="fixed"/></w:font></w:fonts>'
    )


def _core(about: dict[str, str], stamp: str, changed: str) -> str:
    return (
        f'{_HEAD}<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{escape(about['title'])}</dc:title><dc:creator>{escape(about['author'])}</dc:creator>"
        f"<cp:keywords>{stamp}</cp:keywords><dc:identifier>{stamp}</dc:identifier>"
        f"<dc:language>{about['locale']}</dc:language>"
        f'<dcterms:created xsi:type="dcterms:W3CDTF">{changed}T00:00:00Z</dcterms:created>'
        f'<dcterms:modified xsi:type="dcterms:W3CDTF">{changed}T00:00:00Z</dcterms:modified></cp:coreProperties>'
    )


def _custom(properties: dict[str, str]) -> str:
    # The format id is the one that [MS-OSHARED] reserves for properties of one's own; numbers begin at 2.
    listed = "".join(
        f'<property fmtid="{{D5CDD505-2E9C-101B-9397-08002B2CF9AE}}" pid="{number}" name={quoteattr(name)}>'
        f"<vt:lpwstr>{escape(value)}</vt:lpwstr></property>"
        for number, (name, value) in enumerate(properties.items(), 2)
    )
    namespaces = f'xmlns="{_OFFICE}/custom-properties" xmlns:vt="{_OFFICE}/docPropsVTypes"'
    return f"{_HEAD}<Properties {namespaces}>{listed}</Properties>"


def _relationships(targets: list[tuple[str, str]]) -> str:
    listed = "".join(
        f'<Relationship Id="rId{number}" Type="{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{listed}</Relationships>'


FOOTER_RELATIONSHIP = "rId4"
_WORD_PARTS = ("styles", "numbering", "settings", "footer", "fontTable")


def _types() -> str:
    kinds = {f"/word/{name}.xml": f"{_WORD}.{name}+xml" for name in _WORD_PARTS}
    kinds["/word/document.xml"] = f"{_WORD}.document.main+xml"
    kinds["/docProps/core.xml"] = "application/vnd.openxmlformats-package.core-properties+xml"
    kinds["/docProps/custom.xml"] = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
    listed = "".join(f'<Override PartName="{name}" ContentType="{kind}"/>' for name, kind in kinds.items())
    return (
        f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{listed}</Types>'
    )


def package(document: bytes, footer: bytes, about: dict[str, str], properties: dict[str, str], changed: str) -> bytes:
    """The whole file; same input, same bytes. `about`: title, author, locale, stamp; `changed`: an ISO date."""
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": _types(),
        "_rels/.rels": _relationships(
            [
                (f"{_OFFICE}/relationships/officeDocument", "word/document.xml"),
                (f"{_PACKAGE}/relationships/metadata/core-properties", "docProps/core.xml"),
                (f"{_OFFICE}/relationships/custom-properties", "docProps/custom.xml"),
            ]
        ),
        "docProps/core.xml": _core(about, about["stamp"], changed),
        "docProps/custom.xml": _custom(properties),
        "word/document.xml": document,
        "word/_rels/document.xml.rels": _relationships(
            [(f"{_OFFICE}/relationships/{name}", f"{name}.xml") for name in _WORD_PARTS]
        ),
        "word/styles.xml": styles(about["locale"]),
        "word/numbering.xml": _numbering(),
        "word/settings.xml": _settings(about["locale"]),
        "word/fontTable.xml": _fonts(),
        "word/footer.xml": footer,
    }
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name, date_time=_FIXED_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 0
            archive.writestr(entry, content)
    return buffer.getvalue()
