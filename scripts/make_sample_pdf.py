#!/usr/bin/env python3
"""Typesets examples/handbook.txt as examples/handbook.pdf: A4, Helvetica, wrapped lines, a header and page numbers.

usage: scripts/make_sample_pdf.py [--check]
--check writes nothing and ends with status 1 unless the PDF is what this script makes of the text.

The source is plain ASCII: `# ` starts the title, `## ` a chapter (on a new page), `### ` a section, `- ` an item; other
lines join to paragraphs, which an empty line ends. The result is the same bytes everywhere: no date, no compression.
"""

import argparse
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCE = ROOT / "examples/handbook.txt"
TARGET = ROOT / "examples/handbook.pdf"

PAGE_WIDTH, PAGE_HEIGHT = 595, 842  # A4 in points
LEFT, RIGHT, TOP, BOTTOM = 72, 523, 760, 80

# Advance widths of the standard fonts in thousandths of the size, from space (32) to tilde (126).
WIDTHS = {
    "Helvetica": (
        [278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278] + [556] * 10
        + [278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
           667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556,
           278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334,
           260, 334, 584]),
    "Helvetica-Bold": (
        [278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278] + [556] * 10
        + [333, 333, 584, 584, 584, 611, 975, 722, 722, 722, 722, 667, 611, 778, 722, 278, 556, 722, 611, 833, 722, 778,
           667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 333, 278, 333, 584, 556, 333, 556, 611, 556, 611, 556,
           333, 611, 611, 278, 278, 556, 278, 889, 611, 611, 611, 611, 389, 556, 333, 611, 556, 778, 556, 556, 500, 389,
           280, 389, 584]),
}
FONTS = {"Helvetica": "F1", "Helvetica-Bold": "F2"}


class Style:
    def __init__(self, font, size, leading, before, indent=0):
        self.font, self.size, self.leading, self.before, self.indent = font, size, leading, before, indent

    def width(self, text):
        return sum(WIDTHS[self.font][ord(c) - 32] for c in text) * self.size / 1000


STYLES = {
    "title": Style("Helvetica-Bold", 22, 28, 120),
    "chapter": Style("Helvetica-Bold", 16, 22, 0),
    "section": Style("Helvetica-Bold", 11.5, 16, 14),
    "text": Style("Helvetica", 11, 15.5, 8),
    "item": Style("Helvetica", 11, 15.5, 4, 16),
    "small": Style("Helvetica", 9, 12, 0),
}
MARKS = (("# ", "title"), ("## ", "chapter"), ("### ", "section"), ("- ", "item"))


def blocks_of(source):
    """[(style name, text)] in order."""
    blocks, paragraph = [], []

    def end():
        if paragraph:
            blocks.append(("text", " ".join(paragraph)))
            paragraph.clear()

    for number, line in enumerate(source.splitlines(), 1):
        if not all(32 <= ord(c) <= 126 for c in line):
            sys.exit(f"make_sample_pdf: error: {SOURCE.name} line {number}: want printable ASCII")
        mark = next((m for m in MARKS if line.startswith(m[0])), None)
        if mark:
            end()
            blocks.append((mark[1], line[len(mark[0]):].strip()))
        elif not line.strip():
            end()
        elif not paragraph and blocks and blocks[-1][0] == "item" and line.startswith("  "):
            blocks[-1] = ("item", blocks[-1][1] + " " + line.strip())
        else:
            paragraph.append(line.strip())
    end()
    return blocks


def wrapped(style, text):
    lines, line = [], ""
    for word in text.split():
        longer = f"{line} {word}" if line else word
        if line and style.width(longer) > RIGHT - LEFT - style.indent:
            lines.append(line)
            line = word
        else:
            line = longer
    return [*lines, line] if line else lines


def show(style, x, y, text):
    """The operators that draw one line (ISO 32000-1 section 9.4)."""
    escaped = text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
    return f"BT /{FONTS[style.font]} {style.size:g} Tf {x:g} {y:g} Td ({escaped}) Tj ET\n"


class Layout:
    def __init__(self):
        self.pages = []
        self.y = 0.0

    def new_page(self):
        self.pages.append("")
        self.y = TOP

    def add(self, name, text):
        style = STYLES[name]
        # A chapter starts a page, and a section keeps two lines of its text with it.
        needed = style.leading + (2 * STYLES["text"].leading + STYLES["text"].before if name == "section" else 0)
        if name == "chapter" or not self.pages:
            self.new_page()
        elif self.y - style.before - needed < BOTTOM:
            self.new_page()
        if self.y < TOP or name == "title":
            self.y -= style.before
        for number, line in enumerate(wrapped(style, text)):
            if self.y - style.leading < BOTTOM:
                self.new_page()
            self.y -= style.leading
            if name == "item" and number == 0:
                self.pages[-1] += show(style, LEFT + 4, self.y, "-")
            self.pages[-1] += show(style, LEFT + style.indent, self.y, line)

    def finish(self, title):
        small = STYLES["small"]
        rule = f"0.6 w {LEFT} 790 m {RIGHT} 790 l S\n"
        for index in range(len(self.pages)):
            number = f"Page {index + 1} of {len(self.pages)}"
            footer = show(small, RIGHT - small.width(number), 48, number)
            self.pages[index] += rule + show(small, LEFT, 796, title) + footer
        return self.pages


def pdf_of(pages, title):
    """A PDF 1.4 file: catalogue, page tree, fonts, information, then a page and its content each."""
    first_page = 6
    kids = " ".join(f"{first_page + 2 * i} 0 R" for i in range(len(pages)))
    font = "<< /Type /Font /Subtype /Type1 /BaseFont /{} /Encoding /WinAnsiEncoding >>"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R /Lang (en) >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} /MediaBox [0 0 {PAGE_WIDTH} {PAGE_HEIGHT}]"
        " /Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>",
        font.format("Helvetica"),
        font.format("Helvetica-Bold"),
        f"<< /Title ({title}) /Producer (scripts/make_sample_pdf.py) >>",
    ]
    for index, content in enumerate(pages):
        objects.append(f"<< /Type /Page /Parent 2 0 R /Contents {first_page + 2 * index + 1} 0 R >>")
        objects.append(f"<< /Length {len(content)} >>\nstream\n{content}endstream")
    out = "%PDF-1.4\n"
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n"
    table = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n"
    out += "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    out += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R /Info 5 0 R >>\nstartxref\n{table}\n%%EOF\n"
    return out.encode("ascii")


def typeset(source):
    blocks = blocks_of(source)
    title = next((text for name, text in blocks if name == "title"), None)
    if title is None:
        sys.exit(f"make_sample_pdf: error: {SOURCE.name}: no title")
    layout = Layout()
    for name, text in blocks:
        layout.add(name, text)
    return pdf_of(layout.finish(title), title)


def main():
    parser = argparse.ArgumentParser(usage="scripts/make_sample_pdf.py [--check]")
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    pdf = typeset(SOURCE.read_text(encoding="ascii"))
    if not check:
        TARGET.write_bytes(pdf)
    elif TARGET.read_bytes() != pdf:
        sys.exit(f"make_sample_pdf: error: {TARGET.name} is not what {SOURCE.name} makes: run scripts/make_sample_pdf.py")


if __name__ == "__main__":
    main()
