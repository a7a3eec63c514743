#!/usr/bin/env python3
"""Writes the seeds of fuzz/corpus/ from tests/vectors/smp2.json and from the texts below. Standard library only.

usage: fuzz/make_seeds.py
What each target makes of its first bytes stands in its source. Seeds are named seed-*; other inputs stay as they are.
"""

import io
import json
import pathlib
import re
import struct
import uuid
import zipfile

import picture_seeds

ROOT = pathlib.Path(__file__).resolve().parent
VECTORS = json.loads((ROOT.parent / "tests/vectors/smp2.json").read_text(encoding="utf-8"))
CUTS = (0, 6, 255)  # byte by byte, pieces of up to 7, pieces of up to 8,192

POLICIES = {
    "simulated": '[simulated]\nallow = true\n[session]\nsuite = "hybrid"\n',
    "every-table": f"""# what a policy can say
[snp]
allow_debug = false
max_vmpl = 0
allow_migration_agent = false
measurements = ["{"ab" * 48}", "{"cd" * 48}"]
host_data = "{"01" * 32}"
id_key_digests = "{"23" * 48}"
min_tcb = {{ bootloader = 4, tee = 0, snp = 24, microcode = 219, fmc = 1 }}
pcrs = {{ 4 = "{"45" * 32}", 11 = ["{"67" * 32}"] }}
[tdx]
allow_debug = false
accepted_tcb = ["UpToDate", "SWHardeningNeeded"]
measurements = "{"89" * 48}"
rtmr0 = "{"ab" * 48}"
rtmr1 = "{"cd" * 48}"
rtmr2 = "{"ef" * 48}"
rtmr3 = "{"01" * 48}"
[gpu]
require_secboot = true
require_dbgstat_disabled = true
count = 8
rim = "if-present"
ocsp = "require"
[jwt]
leeway_s = 60
maa_issuer = "https://example.attest.azure.net"
[attestor]
spki_sha256 = "{"23" * 32}"
[tls]
mode = "require"
[freshness]
mode = "cached"
[models]
allow_remote = false
ids = ["llama-3.2-3b", "qwen2.5-7b"]
weights = {{ "llama-3.2-3b" = "{"45" * 32}" }}
projectors = {{ "qwen2.5-7b" = "{"67" * 32}" }}
""",
    "waivers": '[waive]\n"tls.spki" = "behind a proxy"\ngpu.count = "no gpu yet"\nevidence.tdx.tcb = "until June"\n',
    "misspelt-key": "[snp]\nalow_debug = true\n",
    "wrong-type": "[gpu]\ncount = 1.5\n",
    "date": "[simulated]\nallow = 2026-09-21T14:13:20Z\n",
    "no-toml": "[snp\nallow_debug = \n",
    "strings": '[models]\nids = ["""a\nb""", \'c\', "\\u00e9\\t"]\n',
}

REQUESTS = {
    "get": "GET /v2/attestation?nonce=AAAA&have=BBBB HTTP/1.1\r\nHost: localhost:8080\r\nAccept: */*\r\n\r\n",
    "post": "POST /v2/session HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\nConnection: close\r\n\r\nhello world",
    "chunked": "POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    "5;name=value\r\nhello\r\n6\r\n world\r\n0\r\nTrailer: x\r\n\r\n",
    "pipelined": "GET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n",
    "expect": "PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nok",
    "http-1.0": "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    "options": "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    "two-lengths": "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "length-and-chunks": "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "folded": "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n",
    "bare-line-feeds": "GET / HTTP/1.1\nHost: a\n\n",
    "other-coding": "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
    "no-host": "GET / HTTP/1.1\r\nX: y\r\n\r\n",
    "odd-chunk-size": "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
}
RESPONSES = {
    "length": "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
    "chunked": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ndata\r\n0\r\n\r\n",
    "until-the-end": "HTTP/1.1 200 OK\r\n\r\nto the end of the connection",
    "no-content": "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
    "interim": "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n"
    "Content-Length: 0\r\n\r\n",
    "switching": "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
    "http-1.0": "HTTP/1.0 404 Not Found\r\nContent-Length: 3\r\nConnection: keep-alive\r\n\r\nabc",
    "cut": "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
}

STREAMS = {
    "chat": 'data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}\n\n'
    'data: {"choices":[{"index":0,"delta":{"content":"Hel\\u00e9\\n"}}]}\n\n'
    'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
    'data: {"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":1}}}'
    "\n\ndata: [DONE]\n\n",
    "parts": 'data: {"choices":[{"delta":{"content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}}]}\n\n',
    "error": 'data: {"error":{"message":"no \\u001b[31msuch model","type":"invalid_request_error","code":404}}\n\n',
    "error-text": 'data: {"error":"overloaded"}\n\n',
    "line-ends": 'event: ping\r\ndata:\r\n\r\n: comment\r\rdata: {"choices":null}\r\rid: 1\nretry: 2\ndata\n\n',
    "lines": '\ufeffdata: {"choices":\ndata: [{"message":{"content":"x"},"finish_reason":"length"}]}\n\n',
    "reply": '{"id":"x","choices":[{"message":{"content":"Yes."},"finish_reason":"stop"}],"usage":{"prompt_tokens":1}}',
    "surrogate": 'data: {"choices":[{"delta":{"content":"\\ud83d\\ude00 \\ud83d"}}]}\n\n',
    "unfinished": "event: x\ndata: y\n",
}

BODIES = {
    "plain": '{"model":"m","messages":[{"role":"user","content":"see https://example.org/a.png"}],"stream":true}',
    "data url": '{"messages":[{"content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBO"}}]}]}',
    "remote": '{"messages":[{"content":[{"type":"image_url","image_url":{"url":"https://example.org/a.png"}}]}]}',
    "escaped": '{"messages":[{"\\u0069mage_url":{"u\\u0072l":"\\u0068ttp://169.254.169.254/"}}]}',
    "in upper case": '{"messages":[{"IMAGE_URL":{"URL":"HTTP://x"}}]}',
    "input": '{"input":[{"content":[{"type":"input_image","image_url":"http://x/"}]}],"tools":[{"image_url":"http://y"}]}',
    "typed below": '{"messages":[{"type":"image","source":{"type":"url","url":"https://x"}}]}',
    "citation": '{"input":[{"content":[{"annotations":[{"type":"url_citation","url":"https://x"}]}]}]}',
    "list": '{"input":[{"image":["data:,"," ht\\ntps://x"]},{"video":"file:///etc/passwd"}]}',
    "key twice": '{"messages":[{"image_url":"data:,","image_url":"http://x"}]}',
    "numbers": '{"input":[1,-2.5e3,true,null,[],{}],"text":{"format":{"image_url":"http://x"}}}',
    "no object": '["https://x"]',
    "utf 16": '{"messages":[{"image_url":"http://x"}]}'.encode("utf-16-le"),
    "unfinished": '{"messages":[{"image_url":{"ur',
    "after the end": '{} {"image_url":"http://x"}',
    "overlong": b'{"messages":[{"im\xc1\xa1ge_url":"http://x"}]}',
    "half a pair": '{"messages":[{"content":"\\ud83d\\ude00"},{"image\\ud83d_url":"http://x"}]}',
    "nul in a name": '{"messages":[{"content":"\\u0000"},{"image_url\\u0000":"http://x"}]}',
    "control": b'{"messages":[{"content":"a\x01"}]}',
    "scripts": '{"messages":[{"content":"\u6f22\u5b57 \u00e9 \U0001f600"}]}',
    "path": '{"messages":[{"content":[{"type":"image","path":"/a"},{"image":["data:,","/a"]},{"file":"a"}]}]}',
    "mcp": '{"tools":[{"type":"mcp","server_url":"http://x"},{"parameters":{"server_url":"http://y"}}]}',
}

NAMED = {
    "plain": '{"model":"m","messages":[{"role":"user","content":"\\"model\\":\\"x\\""}],"stream":true}',
    "last": ' {"messages":[{"model":"inner"}],"a":{"model":"inner"},"model" : "org/m:1"} ',
    "escaped": '{"\\u006dode\\u006C":"st\\u0075b \\ud83d\\ude00"}',
    "twice": '{"model":"a","\\u006dodel":"b"}',
    "in upper case": '{"model":"a","MODEL":"b"}',
    "null": '{"model":null,"a":1}',
    "null and another": '{"model":null,"model":"a"}',
    "no string": '{"model":["a"]}',
    "number": '{"model":-1.5e3}',
    "none": '{"a":{"model":"inner"},"models":"x","":[]}',
    "no object": '[{"model":"m"}]',
    "empty": "",
    "half a pair": '{"model":"a","mod\\ud800el":"b"}',
    "overlong": b'{"model":"a","\xc1\xadodel":"b"}',
    "nul": '{"model":"a","model\\u0000":"b"}',
    "long name": '{"model":"' + "n" * 5000 + '"}',
    "unfinished": '{"model":"m',
}


def write(target, name, content):
    folder = ROOT / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    slug = re.sub(r"[^a-z0-9.]+", "-", name.lower()).strip("-")[:60]
    (folder / f"seed-{slug}").write_bytes(content.encode() if isinstance(content, str) else content)


def documents():
    write("document", "vector", VECTORS["document"]["bytes"])
    write("document", "vector short", VECTORS["document"]["have"])
    for case in VECTORS["negative_documents"]:
        write("document", case["name"], case["document"])
    statement = VECTORS["statement"]["b64u"]
    azure = {
        "smp": 2,
        "statement": statement,
        "evidence": [
            {"type": "azure-snp-vtpm", "data": {name: "AAEC" for name in ("report", "quote", "signature")}},
            {"type": "nvidia-gpu", "data": {"report": "AA", "chain": "AQ"}},
            {"type": "azure-maa", "data": {"token": "AQID"}},
        ],
        "endorsements": {"vcek": "AAEC", "crls": ["AA", "AQ"]},
        "attestor": {"public_key_pem": VECTORS["keys"]["attestor_public_pem"], "signature": "AAEC"},
    }
    write("document", "azure with a gpu", json.dumps(azure))


def statements():
    text = VECTORS["statement"]["bytes"]
    write("statement", "vector", text)
    full = json.loads(text)
    full["models"] = [
        {"id": "a", "engine": "extractive", "where": where, "weights_sha256": weights}
        for where, weights in (("in-process", "ab" * 32), ("loopback", None), ("remote", None))
    ]
    full["models"][0]["projector_sha256"] = "cd" * 32
    for model, cache in zip(full["models"], ("session", "shared", "none")):
        model["prompt_cache"] = cache
    full["tls_spki_sha256"] = ["A" * 43, "_" * 42 + "8"]
    full["further"] = {"unknown": [1, 2.5, "\u00e9", None]}
    write("statement", "every member", json.dumps(full))
    for name, value in (("smp", 3), ("epoch", -1), ("epoch", 2**53), ("suites", {}), ("software", {}), ("instance", "AB")):
        write("statement", f"{name} {value}", json.dumps({**full, name: value}))


def handshakes():
    for vector in VECTORS["handshakes"]:
        suite = vector["index"]
        write("handshake", f"request {suite}", bytes([suite]) + bytes.fromhex(vector["session_body"]))
        write("handshake", f"message 2 {suite}", bytes([2 | suite]) + bytes.fromhex(vector["message_2"]))
        for number, hello in enumerate((vector["payload_1"], "{}", '{"client":1}', "[]", '{"a":{}}x')):
            write("handshake", f"hello {suite} {number}", bytes([4 | suite]) + hello.encode())
        write("handshake", f"parameters {suite}", bytes([6 | suite]) + vector["payload_2"].encode())
        longer = vector["payload_2"][:-1] + "," + f'"pad":"{" " * 3900}"}}'
        write("handshake", f"parameters at the limit {suite}", bytes([6 | suite]) + longer.encode())
    for case in VECTORS["negative_handshakes"]:
        write("handshake", f"request {case['name']}", b"\0" + bytes.fromhex(case["body"]))
    for case in VECTORS["negative_message_2"]:
        suite = int(case["suite"].startswith("Noise_NK_"))
        write("handshake", f"message 2 {suite} {case['name']}", bytes([2 | suite]) + bytes.fromhex(case["message_2"]))


def forged(records):
    """[(type, final, error of the claimed length, data)] as the forging sender of records.cpp reads them."""
    out = b""
    for kind, final, error, data in records:
        flags = (0x80 if final else 0) | (error | 0x40 if error >= 0 else -error)
        out += bytes([kind, flags, len(data)]) + data
    return out


def records():
    for number, exchange in enumerate(VECTORS["exchanges"]):
        cuts = CUTS[number % len(CUTS)]
        n = struct.pack(">Q", int(exchange["n"]))
        write("records", f"request {number}", bytes([cuts, 0]) + bytes.fromhex(exchange["request"]["body"]))
        write("records", f"reply {number}", bytes([cuts, 1]) + n + bytes.fromhex(exchange["reply"]["body"]))
    for number, case in enumerate(VECTORS["negative_streams"]):
        reply = case["direction"] == "reply"
        prefix = bytes([CUTS[number % len(CUTS)], int(reply)])
        body = bytes.fromhex(case["body"])
        write("records", case["name"], prefix + (struct.pack(">Q", int(case["n"])) if reply else b"") + body)
    head, data, trailer, alert, filler = 1, 2, 3, 4, 5
    bodies = {
        "whole": [(filler, 0, 0, b""), (head, 0, 0, b"{}"), (data, 0, 0, b"abc"), (filler, 0, 0, b""), (trailer, 1, 0, b"{}")],
        "padded": [(head, 0, -2, b"{}\0\0"), (filler, 0, -9, b"\0" * 9), (trailer, 1, -3, b"{}\0\0\0")],
        "padding not zero": [(head, 0, -2, b"{}\0\1")],
        "length beyond": [(head, 0, 3, b"{}")],
        "length wraps": [(head, 0, -9, b"{}")],
        "alert": [(filler, 0, 0, b""), (alert, 1, 0, b"{}")],
        "alert after data": [(head, 0, 0, b"{}"), (data, 0, 0, b""), (alert, 1, 0, b"{}")],
        "after the end": [(head, 0, 0, b"{}"), (trailer, 1, 0, b"{}"), (filler, 0, 0, b"")],
        "final data": [(head, 0, 0, b"{}"), (data, 1, 0, b"x")],
        "unknown type": [(head, 0, 0, b"{}"), (6, 0, 0, b"")],
        "two heads": [(head, 0, 0, b"{}"), (head, 0, 0, b"{}")],
        "data first": [(data, 0, 0, b"x")],
    }
    for name, body in bodies.items():
        for direction in (0, 1):
            write("records", f"forged {name} {direction}", bytes([CUTS[direction], 2 | direction]) + forged(body))


def messages():
    for number, exchange in enumerate(VECTORS["exchanges"]):
        for side in ("request", "reply"):
            heads = [record for record in exchange[side]["records"] if record["type"] == 1]
            write("messages", f"{side} head {number}", bytes.fromhex(heads[0]["data"]))
        write("messages", f"trailer {number}", exchange["trailer"])
    for number, case in enumerate(VECTORS["usage_bytes"]):
        write("messages", f"usage {number}", case["trailer"])
    for number, record in enumerate(VECTORS["alert"]["records"]):
        write("messages", f"alert {number}", bytes.fromhex(record["data"]))
    for vector in VECTORS["handshakes"]:
        write("messages", f"parameters {vector['index']}", vector["payload_2"])
        write("messages", f"hello {vector['index']}", vector["payload_1"])
    texts = {
        "alert with everything": '{"code":"backend_failed","message":"\\u001b[31m\\ud83d\\ude00","processed":true}',
        "alert of a newer server": '{"code":"from_the_future","processed":false}',
        "head with headers": '{"status":200,"headers":{"content-type":"text/event-stream","x-a":"~"}}',
        "header in upper case": '{"method":"GET","path":"/","headers":{"A":"b"}}',
        "key twice": '{"status":200,"status":201,"headers":{}}',
        "byte order mark": "\ufeff{}",
        "nested": "{" + '"a":{' * 16 + "}" * 17,
        "numbers": '{"status":2e2,"length":9007199254740992,"headers":{}}',
    }
    for name, text in texts.items():
        write("messages", name, text)


def cert_tables():
    kinds = {
        "vcek": "63da758d-e664-4564-adc5-f4b93be8accd",
        "vlek": "a8074bc2-a25a-483e-aae6-39c045a0b8a1",
        "ask": "4ab7b379-bbac-4fe4-a02f-05aef327c782",
        "ark": "c0b406a4-a803-4952-9743-3fb6014cd0ae",
        "other": "00112233-4455-6677-8899-aabbccddeeff",
    }

    def table(names, order):
        head, body = b"", b""
        start = 24 * (len(names) + 1)
        for name in names:
            guid = uuid.UUID(kinds[name])
            head += (guid.bytes if order == "text" else guid.bytes_le) + struct.pack("<II", start + len(body), len(name))
            body += name.encode()
        return head + bytes(24) + body

    for order in ("text", "memory"):
        write("cert_table", f"vcek {order}", table(("vcek", "ask", "ark"), order))
        write("cert_table", f"vlek {order}", table(("vlek", "other", "ask", "ark"), order))
    write("cert_table", "twice", table(("ask", "ask"), "text"))
    write("cert_table", "empty", bytes(48))
    write("cert_table", "outside", table(("vcek",), "text")[:-1])
    write("cert_table", "no end", table(("vcek",), "text")[:24])


def office_documents():
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    word = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    slides = ('xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
              'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"')
    sheets = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    oasis = " ".join(f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{long}:1.0"' for name, long in
                     (("office", "office"), ("text", "text"), ("table", "table"), ("draw", "drawing"),
                      ("presentation", "presentation")))

    def rels(*triples):
        inner = "".join(f'<Relationship Id="{i}" Type="{office}/{kind}" Target="{target}"/>' for i, kind, target in triples)
        return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{inner}</Relationships>'

    def content(kind, inner):
        return (f"<office:document-content {oasis}><office:body><office:{kind}>{inner}</office:{kind}></office:body>"
                "</office:document-content>")

    manifest = '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    texts = {
        "docx": (1, [f'<w:document {word}><w:body><w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr><w:r><w:t>One</w:t></w:r></w:p>'
                     '<w:p><w:r><w:br w:type="page"/><w:lastRenderedPageBreak/><w:tab/><w:t>two</w:t>'
                     '<w:footnoteReference w:id="2"/></w:r><w:del><w:r><w:delText>x</w:delText></w:r></w:del></w:p><w:tbl><w:tr>'
                     "<w:tc><w:p/></w:tc><w:tc><w:p><w:r><w:t>c</w:t></w:r></w:p></w:tc></w:tr></w:tbl></w:body></w:document>",
                     rels(("r1", "footnotes", "footnotes.xml")),
                     f'<w:footnotes {word}><w:footnote w:id="2"><w:p><w:r><w:t>note</w:t></w:r></w:p></w:footnote>'
                     "</w:footnotes>"]),
        "docx parts": (1, [f'<w:document {word} xmlns:r="{office}" xmlns:m="m"><w:body><w:p><w:pPr><w:pStyle w:val="S"/><w:numPr>'
                           '<w:ilvl w:val="1"/><w:numId w:val="1"/></w:numPr></w:pPr><w:r><w:rPr><w:vertAlign w:val="superscript"/>'
                           '</w:rPr><w:t>6</w:t><w:sym w:font="Wingdings" w:char="F0FE"/><w:fldChar w:fldCharType="begin"><w:ffData>'
                           '<w:ddList><w:result w:val="0"/><w:listEntry w:val="a"/></w:ddList></w:ffData></w:fldChar></w:r>'
                           "<m:oMath><m:f><m:num><m:r><m:t>1</m:t></m:r></m:num><m:den><m:r><m:t>2</m:t></m:r></m:den></m:f></m:oMath>"
                           '<w:r><c:chart xmlns:c="c" r:id="r4"/><d:relIds xmlns:d="d" r:dm="r5"/><w:txbxContent><w:p/></w:txbxContent>'
                           '</w:r></w:p><w:altChunk r:id="r6"/></w:body></w:document>',
                           rels(("r1", "styles", "styles.xml"), ("r2", "numbering", "numbering.xml"),
                                ("r3", "header", "header1.xml"), ("r4", "chart", "charts/chart1.xml"),
                                ("r5", "diagramData", "diagrams/data1.xml"), ("r6", "aFChunk", "chunk.html")), "",
                           f'<w:styles {word}><w:style w:styleId="S"><w:basedOn w:val="S"/><w:pPr><w:outlineLvl w:val="1"/></w:pPr>'
                           "</w:style></w:styles>",
                           f'<w:numbering {word}><w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="1"><w:start w:val="3"/><w:numFmt '
                           'w:val="lowerRoman"/><w:lvlText w:val="%1.%2"/></w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId '
                           'w:val="0"/></w:num></w:numbering>',
                           f"<w:hdr {word}><w:p><w:r><w:t>head</w:t></w:r></w:p></w:hdr>",
                           '<c:chart xmlns:c="c"><c:ser><c:cat><c:pt idx="0"><c:v>a</c:v></c:pt></c:cat><c:val><c:pt idx="0"><c:v>1</c:v>'
                           "</c:pt></c:val></c:ser></c:chart>",
                           '<d:m xmlns:d="d"><d:pt modelId="1"><d:t>x</d:t></d:pt><d:cxn srcId="1" destId="1"/></d:m>',
                           "<p>chunk</p>"]),
        "docx bomb": (1, ['<!DOCTYPE a [<!ENTITY b "b"><!ENTITY c "&b;&b;">]><a>&c;</a>', rels(), ""]),
        "pptx": (2, [f'<p:presentation {slides} xmlns:r="{office}"><p:sldIdLst><p:sldId id="256" r:id="r1"/></p:sldIdLst>'
                     "</p:presentation>", rels(("r1", "slide", "slides/slide1.xml")),
                     f"<p:sld {slides}><p:txBody><a:p><a:r><a:t>One</a:t></a:r><a:br/></a:p></p:txBody></p:sld>",
                     rels(("r1", "notesSlide", "../notesSlides/notesSlide1.xml")),
                     f"<p:notes {slides}><p:txBody><a:p><a:r><a:t>say</a:t></a:r></a:p></p:txBody></p:notes>"]),
        "xlsx": (3, [f'<workbook {sheets} xmlns:r="{office}"><workbookPr date1904="1"/><sheets><sheet name="S" state="hidden" '
                     'r:id="r1"/></sheets></workbook>',
                     rels(("r1", "worksheet", "worksheets/sheet1.xml"), ("r2", "sharedStrings", "sharedStrings.xml"),
                          ("r3", "styles", "styles.xml")),
                     f"<sst {sheets}><si><t>a</t><rPh><t>b</t></rPh></si><si><r><t>c</t></r></si></sst>",
                     f'<styleSheet {sheets}><numFmts><numFmt numFmtId="164" formatCode="dd/mm/yyyy hh:mm"/></numFmts><cellXfs>'
                     '<xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/></cellXfs></styleSheet>',
                     f'<worksheet {sheets}><sheetData><row r="1"><c r="A1" t="s"><v>1</v></c><c r="C1" s="2"><v>45292.5</v></c>'
                     '<c t="b"><v>1</v></c><c><f>A1</f></c><c t="inlineStr"><is><t>in</t></is></c></row></sheetData>'
                     "</worksheet>"]),
        "odt": (4, [content("text", '<text:h text:outline-level="2">H</text:h><text:p>a<text:s text:c="3"/>b<text:note>'
                            "<text:note-citation>1</text:note-citation><text:note-body><text:p>n</text:p></text:note-body>"
                            "</text:note></text:p>"), manifest]),
        "odp": (5, [content("presentation", '<draw:page draw:name="1"><draw:frame><draw:text-box><text:p>s</text:p>'
                            "</draw:text-box></draw:frame><presentation:notes><text:p>n</text:p></presentation:notes>"
                            "</draw:page>"), manifest]),
        "ods": (6, [content("spreadsheet", '<table:table table:name="T"><table:table-row table:number-rows-repeated="3">'
                            '<table:table-cell table:number-columns-repeated="2" office:value-type="float" office:value="1.5">'
                            "<text:p>1.5</text:p></table:table-cell></table:table-row></table:table>"), manifest]),
    }
    for name, (kind, parts) in texts.items():
        write("office", name, bytes([kind]) + "\0".join(parts).encode())
    for method, compression in (("stored", zipfile.ZIP_STORED), ("deflated", zipfile.ZIP_DEFLATED)):
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", compression) as out:
            for name, text in (("mimetype", "application/vnd.oasis.opendocument.text"), ("META-INF/manifest.xml", manifest),
                               ("content.xml", texts["odt"][1][0])):
                out.writestr(zipfile.ZipInfo(name), text, compression)
        write("office", f"archive {method}", b"\0" + archive.getvalue())


def mails():
    texts = {
        "plain": b"From: a@example.org\r\nSubject: =?utf-8?Q?caf=C3=A9?= =?iso-8859-1?B?6Q==?=\r\n\r\nText\r\n",
        "multipart": b"From: a\nContent-Type: multipart/mixed; boundary=\"b\"\n\n--b\nContent-Type: text/plain; charset=latin1\n"
        b"Content-Transfer-Encoding: quoted-printable\n\ncaf=E9=\n!\n--b\nContent-Type: application/pdf; "
        b"name*=utf-8''%e2%82%ac.pdf\nContent-Transfer-Encoding: base64\n\nJVBERi0=\n--b\nContent-Type: message/rfc822\n\n"
        b"Subject: in\n\nwithin\n--b--\n",
        "alternative": b"Content-Type: multipart/alternative; boundary=c\n\n--c\nContent-Type: text/html; charset=utf-16le\n\n"
        b"<\0p\0>\0\n--c\nContent-Type: text/plain\n\n \n--c--",
        "raw bytes": b"Content-Type: \xe9/\xe9; name=\"\xe9\"\nContent-Disposition: attachment\n\n\xe9",
    }
    for name, text in texts.items():
        write("mail_html", f"mail {name}", b"\0" + text)
    page = ('<!doctype html><meta charset="windows-1252"><title>T</title><h1>H</h1><p>a &amp; &eacute;&#x80;<br><ul><li>x</ul>'
            '<table><tr><td>1<td>2</table><pre> y\n</pre><img alt="i"><script>no</script><!-- no --><style>no</style>\xe9')
    write("mail_html", "html", b"\1" + page.encode("latin-1"))
    write("mail_html", "html utf 16", b"\1\xff\xfe" + page.encode("utf-16-le"))
    write("mail_html", "header", b"\2text/plain; name=\"a\\\"b\"; boundary=c; name*=utf-8'en'%e2%82%ac")
    for label in ("iso-8859-15", "shift_jis", "utf-7", "no such"):
        write("mail_html", f"charset {label}", b"\3" + label.encode() + b"\0a\xe9\x82\xa0+AGE-")


def plain_formats():
    texts = {"utf 8": "a\r\nb\u00e9\f".encode(), "utf 16": "\ufeffa\r\u00e9\U0001f600".encode("utf-16-le"),
             "utf 16 be": "\ufeffa\u00e9".encode("utf-16-be"), "latin 1": b"caf\xe9 \x80", "no text": b"a\0b\1\2"}
    for name, text in texts.items():
        write("plain_formats", f"text {name}", b"\0" + text)
    write("plain_formats", "marker", b"\1x\n[a, page 1]\n--- Content from b ---\n### Document 2\n")
    pictures = {
        "png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 3, 2) + bytes(5),
        "gif": b"GIF89a" + struct.pack("<HH", 3, 2) + bytes(3),
        "bmp": b"BM" + bytes(12) + struct.pack("<IiiHH", 40, 3, -2, 1, 24),
        "jpeg": b"\xff\xd8\xff\xe0\0\x04ab\xff\xc0\0\x0b\x08" + struct.pack(">HH", 2, 3) + b"\1\1\x11\0",
        "webp": b"RIFF\x20\0\0\0WEBPVP8 \x10\0\0\0" + bytes(3) + b"\x9d\x01\x2a" + struct.pack("<HH", 3, 2) + bytes(6),
        "webp lossless": b"RIFF\x20\0\0\0WEBPVP8L\x10\0\0\0\x2f\2\x40\0\0" + bytes(8),
        "webp extended": b"RIFF\x20\0\0\0WEBPVP8X\x0a\0\0\0" + bytes(4) + b"\2\0\0\1\0\0",
    }
    for name, start in pictures.items():
        write("plain_formats", f"image {name}", b"\2" + start)
    files = {"a.pdf": b"%PDF-1.7", "a.docx": b"PK\3\4", "a.eml": b"From: a\nTo: b\nDate: c\n\n", "a.html": b"<!-- x --><HTML>",
             "a.txt": b"\xef\xbb\xbf<?xml?><!doctype html", "a.png": b"GIF89a", "a": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"}
    for name, start in files.items():
        write("plain_formats", f"type {name}", b"\3" + name.encode() + b"\0" + start)
    rules = "# c\n*.o\n!keep.o\n/build/\ndoc/**/x\n[a-c]?[!d]\n\\#\n**\n"
    for path in ("a.o", "keep.o", "build", "doc/a/b/x", "abc"):
        write("plain_formats", f"rules {path}", b"\4" + rules.encode() + b"\0" + path.encode())
    cells = {"General": "0.1000000001", "yyyy-mm-dd": "45292", "[h]:mm:ss": "1.5", '"d"0.00': "1e300", "m/d/yy h:mm": "-1"}
    for code, value in cells.items():
        write("plain_formats", f"cell {value}", b"\5" + code.encode() + b"\0" + value.encode())


def pictures():
    for name, file in picture_seeds.pictures().items():
        write("pictures", name, b"\0" + file)
        if file.startswith(b"\x89PNG"):
            write("pictures", f"{name} repaired", b"\3" + file)
        if name in ("jpeg progressive", "webp lossy", "gif"):
            write("pictures", f"{name} reduced", b"\2" + file)


def schemas():
    tree = {"type": "object", "properties": {"children": {"type": "array", "items": {"$ref": "#"}}}}
    kinds = [{"type": "object", "properties": {"kind": {"const": kind}}, "required": ["kind"]} for kind in "ab"]
    for name, schema in {
        "tree": tree,
        "definitions": {"$defs": {"a": {"anyOf": [{"$ref": "#/$defs/b"}, {"type": "null"}]}, "b": {"items": {}}},
                             "$ref": "#/$defs/a"},
        "kinds": {"oneOf": kinds, "definitions": {"unused": {"allOf": [{"enum": ["x", 1, None]}]}}},
        "counts": {"type": "array", "minItems": 1, "maxItems": 3, "prefixItems": [{"minLength": 2, "maxLength": 9}],
                        "items": False},
        "numbers": {"type": ["integer", "string"], "minimum": -7, "exclusiveMaximum": 1 << 53, "format": "date"},
        "names": {"properties": {"größe": True, "a b": {"additionalProperties": {"type": "number"}}},
                       "additionalProperties": False},
    }.items():
        write("schema", name, json.dumps(schema, ensure_ascii=False))


def generation_requests():
    url = "data:image/png;base64,iVBORw0KGgo="
    part = lambda value: {"type": "image_url", "image_url": value}
    text = {"type": "text", "text": "what?"}
    chat = lambda content, **fields: {"messages": [{"role": "user", "content": content}], **fields}
    schema = {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}}
    for name, body in {
        "text": chat("hi", temperature=0.5, top_k=7, seed=-1, stop=["x", "y"], max_tokens=9, stream=True),
        "schema": chat("hi", response_format=schema, chat_template_kwargs={"enable_thinking": False}),
        "pictures": chat([text, text, part({"url": url, "detail": "low"}), part(url), text]),
        "address": chat([part({"url": "https://example.org/a.png"})]),
        "no base64": chat([part("data:image/png,abc")]),
        "sound": chat([{"type": "input_audio", "input_audio": {"data": ""}}]),
        "tools": chat("hi", tools=[{"type": "function"}], n=2),
        "turns": {"messages": [{"role": "developer", "content": None}, {"role": "tool", "content": []}]},
        "completion": {"prompt": ["once"], "max_tokens": 1, "min_p": 0.1},
    }.items():
        write("generation_request", name, json.dumps(body))


ANSWERS = {  # answer, document, question
    "figures": ("It cost 1.234,50 EUR, 3 1/2 % less, 1e9 times.", "1,234.50 euros; three and a half percent", "How much?"),
    "dates": ("On 3. M\u00e4rz 2021, 2021-03-03, at 7:05 pm, le 1er mai 1968, 2021\u5e743\u67083\u65e5.", "3 March 2021, 19:05", ""),
    "names": ("Frau M\u00fcller-L\u00fcdenscheidt of the EU met O'Brien (Ph.D.) at ACME Inc.", "Mueller; European Union; O\u2019Brien", "Who?"),
    "quotes": ('\u201ea b c d\u201c "e f g" \u00ab h i \u00bb \u2018j\u2019 ``k\'\'', "a b c d e f g h i", ""),
    "units": ("5 km/h, 3 m\u00b2, 20 \u00b0C, 1 h 30 min, 4'33\", 10 \u00b5g, 2x4 cm, \u00bd l", "5000 m an hour; 90 minutes; 0.5 litres", ""),
    "words": ("zweihundertf\u00fcnfunddrei\u00dfigtausend, quatre-vingt-dix-sept, twenty-one hundred, \u4e09\u767e\u4e94\u5341\u4e07", "235,000; 97; 2100; 3500000", ""),
    "identifiers": ("AAT1, A-AIC, DE89 3704 0044 0532 0130 00, v1.2.3, 10.1000/xyz, a@b.org, CVE-2024-1", "AAT 1", ""),
    "digits": ("9" * 400 + " 1" * 200 + ".1" * 200 + ",1" * 200, "9", "1"),
    "ill-formed": ("a\udcff\udcfe 7\udc80", "\udcff7", "\udcc3"),
    "nothing": ("", "", ""),
    "zeros": ("1 2", "3", "4\x005"),
}


def answers():
    for name, parts in ANSWERS.items():
        write("grounding", name, "\0".join(parts).encode("utf-8", "surrogateescape"))
    folder = ROOT.parent / "docs" / "answers"
    documents = {path.stem: path.read_text(encoding="utf-8") for path in (folder / "documents").iterdir()}
    seen = set()
    for answer in json.loads((folder / "seen.json").read_text(encoding="utf-8")):
        if answer["document"] in seen or answer["document"] not in documents:
            continue
        seen.add(answer["document"])
        parts = (answer["answer"], documents[answer["document"]], answer["question"])
        write("grounding", "judged " + answer["id"], "\0".join(parts))


CACHES = {
    "salt": '{"model":"m","cache_salt":"theirs","messages":[]}',
    "salt twice, escaped": '{"cache\\u005fsalt":1,"a":{"cache_salt":2},"\\u0063ache_salt":[3]}',
    "switch": ' { "cache_prompt" : true } ',
    "empty": "{ }",
    "list": '[{"cache_salt":1}]',
    "cut": '{"a":"\\',
    "usage": '{"usage":{"prompt_tokens":25,"prompt_tokens_details":{"cached_tokens":128}}}',
    "usage without": '{"usage":{"prompt_tokens_details":null,"prompt_tokens":25,"input_tokens_details" : [{"a":"}"}]}}',
    "escaped": '{"a":[{"cached\\u005ftokens" : "12\\"8"},{"kv_transfer_params":true},{"cached_tokens":{"a":null}}]}',
    "progress": 'data: {"prompt_progress":{"total":109,"cache":108,"processed":[108],"time_ms":-1.5E+3}}\n\n',
    "progress alone": '{"prompt_progress":{"total":109,"cache":108,"time_ms":{"a":2}},"cache":5}',
    "events": 'data: {"timings":{"cache_n":17,"prompt_n":1e3}}\n\ndata: [DONE]\n\n',
    "containers": '{"cached_tokens":[128,{"a":"]"}],"prompt_progress":{"total":[1],"cache":{"total":2}},"tokens_cached":{}}',
    "progress list": '{"prompt_progress":[108,{"total":109}],"cache":12}',
}


def main():
    office_documents()
    mails()
    pictures()
    schemas()
    generation_requests()
    answers()
    plain_formats()
    cert_tables()
    documents()
    statements()
    handshakes()
    records()
    messages()
    for name, text in POLICIES.items():
        write("policy", name, text)
    for number, (name, text) in enumerate(REQUESTS.items()):
        write("http", f"request {name}", bytes([CUTS[number % len(CUTS)], 0]) + text.encode())
    for number, (name, text) in enumerate(RESPONSES.items()):
        write("http", f"response {name}", bytes([CUTS[number % len(CUTS)], 1]) + text.encode())
        write("http", f"response to head {name}", bytes([CUTS[number % len(CUTS)], 2]) + text.encode())
    for number, (name, text) in enumerate(STREAMS.items()):
        for limit in (0, 49):
            write("completion", f"{name} {limit}", bytes([CUTS[number % len(CUTS)], limit]) + text.encode())
    for number, (name, body) in enumerate(BODIES.items()):
        content = body if isinstance(body, bytes) else body.encode()
        write("media_url_scanner", name, bytes([CUTS[number % len(CUTS)]]) + content)
    for number, (name, body) in enumerate(NAMED.items()):
        content = body if isinstance(body, bytes) else body.encode()
        write("model_scanner", name, bytes([CUTS[number % len(CUTS)]]) + content)
    for number, (name, text) in enumerate(CACHES.items()):
        write("prompt_cache", name, bytes([CUTS[number % len(CUTS)]]) + text.encode())


if __name__ == "__main__":
    main()
