"""Documents for the bench: real files of each kind, made of English-like words, the same at each run."""

import base64
import random
import zipfile
import zlib

WORDS = ("the of and to in a is that for it as was with be by on not he his but at are this have from or had an they which "
         "one you were all her she there would their we him been has when who will no more if out so up said what its about "
         "than into them can only other time new some could these two may first then do any like my now over such our man "
         "me even most made after also did many off before must well back through years much where your way down should "
         "because long each just state those people too little good world make very still see own work men day get here "
         "between both life being under three never know same last another while us might great old year come since against "
         "go came right used take himself few house use during without again place around however home small found helium "
         "thought went say general once high upon school every magnet cryostat sample pressure valve laboratory").split()


def lines(generator, count, width=88):
    for _ in range(count):
        line = generator.choice(WORDS)
        while len(line) < width:
            line += " " + generator.choice(WORDS)
        yield line


def pdf(path, pages):
    """A4, two fonts, compressed streams, words placed one by one as typesetting programs do."""
    generator = random.Random(7)
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", None,
               "<< /Type /Font /Subtype /Type1 /BaseFont /Times-Roman /Encoding /WinAnsiEncoding >>",
               "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>"]
    kids = []
    for page in range(pages):
        stream = [f"BT /F2 13 Tf 72 790 Td (Chapter {page // 12 + 1}, page {page + 1}) Tj ET BT /F1 10 Tf 72 765 Td 14 TL"]
        for line in lines(generator, 48):
            stream.append("[" + " ".join(f"({word} ) {generator.randint(-40, 40)}" for word in line.split()) + "] TJ T*")
        data = zlib.compress(("\n".join(stream) + "\nET").encode())
        kids.append(f"{len(objects) + 1} 0 R")
        objects.append(f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {len(objects) + 2} 0 R "
                       "/Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>")
        objects.append((f"<< /Length {len(data)} /Filter /FlateDecode >>", data))
    objects[1] = f"<< /Type /Pages /Count {pages} /Kids [{' '.join(kids)}] >>"
    out, offsets = bytearray(b"%PDF-1.5\n"), []
    for number, item in enumerate(objects, 1):
        offsets.append(len(out))
        head, data = item if isinstance(item, tuple) else (item, None)
        out += f"{number} 0 obj\n{head}\n".encode()
        if data is not None:
            out += b"stream\n" + data + b"\nendstream\n"
        out += b"endobj\n"
    table = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{offset:010} 00000 n \n".encode() for offset in offsets)
    out += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n".encode()
    path.write_bytes(out)


RELS = ('<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">%s'
        '</Relationships>')
REL = '<Relationship Id="%s" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/%s" Target="%s"/>'


def package(path, kind, main, parts):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        archive.writestr("[Content_Types].xml",
                         '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
                         f'<Override PartName="/{main}" ContentType="application/vnd.openxmlformats-officedocument.{kind}'
                         '.main+xml"/></Types>')
        archive.writestr("_rels/.rels", RELS % (REL % ("r1", "officeDocument", main)))
        for name, content in parts:
            archive.writestr(name, content)


def docx(path, paragraphs, seed=1):
    generator = random.Random(seed)
    body = "".join(f'<w:p><w:r><w:rPr><w:sz w:val="22"/></w:rPr><w:t>{line}</w:t></w:r></w:p>'
                   for line in lines(generator, paragraphs, 200))
    package(path, "wordprocessingml.document", "word/document.xml",
            [("word/document.xml", '<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/'
              f'wordprocessingml/2006/main"><w:body>{body}</w:body></w:document>')])


def xlsx(path, rows):
    generator = random.Random(3)
    sheet = "".join(f'<row r="{row}"><c r="A{row}"><v>{row}</v></c><c r="B{row}" t="s"><v>{row % 5000}</v></c>'
                    f'<c r="C{row}"><v>{generator.random():.6f}</v></c>'
                    f'<c r="D{row}"><v>{generator.randint(1, 99999)}</v></c></row>'
                    for row in range(1, rows + 1))
    strings = "".join(f"<si><t>{line}</t></si>" for line in lines(generator, 5000, 20))
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    package(path, "spreadsheetml.sheet", "xl/workbook.xml",
            [("xl/workbook.xml", f'<?xml version="1.0"?><workbook {main} xmlns:r="http://schemas.openxmlformats.org/'
              'officeDocument/2006/relationships"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>'),
             ("xl/_rels/workbook.xml.rels", RELS % (REL % ("r1", "worksheet", "worksheets/s.xml") +
                                                    REL % ("r2", "sharedStrings", "sharedStrings.xml"))),
             ("xl/worksheets/s.xml", f'<?xml version="1.0"?><worksheet {main}><sheetData>{sheet}</sheetData></worksheet>'),
             ("xl/sharedStrings.xml", f'<?xml version="1.0"?><sst {main}>{strings}</sst>')])


def html(path, paragraphs, seed=1, encoding="utf-8"):
    generator = random.Random(seed)
    body = "".join(f'<p class="t">{line} <b>bold</b> &amp; &eacute;</p>\n' for line in lines(generator, paragraphs, 200))
    page = f"<!doctype html><html><head><meta charset={encoding}><title>caf\u00e9</title></head><body>{body}</body></html>"
    path.write_text(page, encoding)


def html_in_latin_1(path, paragraphs):
    html(path, paragraphs, encoding="iso-8859-1")


def text(path, count, seed=1):
    path.write_text("\n".join(lines(random.Random(seed), count)) + "\n")


def mail(path, count, seed=1):
    body = "=\n".join(line + "=20" for line in lines(random.Random(seed), count, 70))
    path.write_text("From: a@example.org\nTo: b@example.org\nSubject: =?utf-8?Q?caf=C3=A9?=\nMIME-Version: 1.0\n"
                    "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n" + body + "\n")


def mail_with_attachments(path, megabytes):
    """Half of it text files that are read, half of it bytes that are not."""
    generator = random.Random(5)
    parts = []
    for number in range(megabytes):
        text = "\n".join(lines(generator, 8300)).encode() if number % 2 == 0 else generator.randbytes(740_000)
        kind = "text/plain; charset=utf-8" if number % 2 == 0 else "application/octet-stream"
        parts.append(f"--b\nContent-Type: {kind}\nContent-Transfer-Encoding: base64\n"
                     f"Content-Disposition: attachment; filename=\"{number}\"\n\n" + base64.encodebytes(text).decode())
    path.write_text("From: a@example.org\nTo: b@example.org\nSubject: All\nMIME-Version: 1.0\n"
                    "Content-Type: multipart/mixed; boundary=b\n\n" + "".join(parts) + "--b--\n")


def mail_with_one_text(path, count):
    text = "\n".join(lines(random.Random(6), count)).encode()
    path.write_text("From: a@example.org\nTo: b@example.org\nSubject: One\nMIME-Version: 1.0\n"
                    "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n" +
                    base64.encodebytes(text).decode())


def csv(path, rows):
    generator = random.Random(9)
    with path.open("w") as out:
        for row in range(rows):
            out.write(f"{row},{generator.choice(WORDS)},\"{generator.choice(WORDS)}, {generator.choice(WORDS)}\","
                      f"{generator.random():.6f},{generator.randint(1, 99999)}\n")


def pptx(path, slides):
    generator = random.Random(4)
    main = 'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
    drawing = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
    relations = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
    ids = "".join(f'<p:sldId id="{256 + slide}" r:id="r{slide}"/>' for slide in range(slides))
    rels = "".join(REL % (f"r{slide}", "slide", f"slides/slide{slide}.xml") for slide in range(slides))
    parts = [("ppt/presentation.xml", f'<?xml version="1.0"?><p:presentation {main} {relations}><p:sldIdLst>{ids}</p:sldIdLst>'
              '</p:presentation>'), ("ppt/_rels/presentation.xml.rels", RELS % rels)]
    for slide in range(slides):
        body = "".join(f"<a:p><a:r><a:t>{line}</a:t></a:r></a:p>" for line in lines(generator, 40))
        parts.append((f"ppt/slides/slide{slide}.xml", f'<?xml version="1.0"?><p:sld {main} {drawing}><p:cSld><p:spTree><p:sp>'
                      f"<p:txBody>{body}</p:txBody></p:sp></p:spTree></p:cSld></p:sld>"))
    package(path, "presentationml.presentation", "ppt/presentation.xml", parts)


def folder(path, count):
    """A project's folder: half of it plain text, the rest in turns."""
    path.mkdir()
    for i in range(count):
        below = path / f"part-{i // 100}"
        below.mkdir(exist_ok=True)
        kind = i % 20
        if kind < 10:
            text(below / f"{i}.{('txt', 'md', 'py', 'csv')[i % 4]}", 60 + i % 50, i)
        elif kind < 13:
            html(below / f"{i}.html", 60, i)
        elif kind < 16:
            docx(below / f"{i}.docx", 60, i)
        elif kind < 18:
            mail(below / f"{i}.eml", 60, i)
        elif kind < 19:
            xlsx(below / f"{i}.xlsx", 200)
        else:
            pdf(below / f"{i}.pdf", 6)
