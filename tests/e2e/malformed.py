"""Requests that must be refused, each by the name of its fault."""

HOST = b"Host: rivulet.test\r\n"
START = b"GET /livez HTTP/1.1\r\n"
POST = b"POST /clients HTTP/1.1\r\n" + HOST
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"

# Heads that must be refused, whatever a lenient parser would make of them.
MALFORMED_HEADS = {
    "bare LF after the request line": b"GET /livez HTTP/1.1\n" + HOST + b"\r\n",
    "bare LF after a field": START + b"Host: rivulet.test\n\r\n",
    "bare LF as the empty line": START + HOST + b"\n",
    "bare LF in a value": START + HOST + b"A: b\nC: d\r\n\r\n",
    "only bare LFs": b"GET /livez HTTP/1.1\nHost: rivulet.test\n\n",
    "bare CR after the request line": b"GET /livez HTTP/1.1\r" + HOST + b"\r\n",
    "bare CR in a value": START + HOST + b"A: b\rC: d\r\n\r\n",
    "bare CR at the end of a value": START + HOST + b"A: b\r\r\n\r\n",
    "bare CR before the empty line": START + HOST + b"\r\r\n\r\n",
    "bare CR as the line end": START + HOST + b"A: b\rContent-Length: 0\r\n\r\n",
    "folded field": START + HOST + b"A: b\r\n c\r\n\r\n",
    "folded field, tab": START + HOST + b"A: b\r\n\tc\r\n\r\n",
    "folded first field": START + b" " + HOST + b"\r\n",
    "space before the colon": START + HOST + b"A : b\r\n\r\n",
    "tab before the colon": START + HOST + b"A\t: b\r\n\r\n",
    "space before the colon of a length": POST + b"Content-Length : 0\r\n\r\n",
    "field without a colon": START + HOST + b"Abc\r\n\r\n",
    "field without a name": START + HOST + b": b\r\n\r\n",
    "NUL in a name": START + HOST + b"A\0: b\r\n\r\n",
    "NUL in a value": START + HOST + b"A: b\0c\r\n\r\n",
    "control character in a value": START + HOST + b"A: b\x01c\r\n\r\n",
    "space in the target": b"GET /livez x HTTP/1.1\r\n" + HOST + b"\r\n",
    "control character in the target": b"GET /li\x01 HTTP/1.1\r\n" + HOST + b"\r\n",
    "no target": b"GET HTTP/1.1\r\n" + HOST + b"\r\n",
    "target without a slash": b"GET livez HTTP/1.1\r\n" + HOST + b"\r\n",
    "authority as a target": b"GET rivulet.test:80 HTTP/1.1\r\n" + HOST + b"\r\n",
    "fragment in the target": b"GET /livez#x HTTP/1.1\r\n" + HOST + b"\r\n",
    "star target of a GET": b"GET * HTTP/1.1\r\n" + HOST + b"\r\n",
    "no version": b"GET /livez\r\n" + HOST + b"\r\n",
    "another protocol": b"GET /livez HTTQ/1.1\r\n" + HOST + b"\r\n",
    "version in lower case": b"GET /livez http/1.1\r\n" + HOST + b"\r\n",
    "version without a dot": b"GET /livez HTTP/11\r\n" + HOST + b"\r\n",
    "TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "no Host": START + b"\r\n",
    "two Hosts": START + HOST + HOST + b"\r\n",
    "two different Hosts": START + HOST + b"Host: other\r\n\r\n",
    "Host with a space": START + b"Host: a b\r\n\r\n",
    "Host with a slash": START + b"Host: a/b\r\n\r\n",
    "Host with a user": START + b"Host: u@a\r\n\r\n",
    "Host as a list": START + b"Host: a, b\r\n\r\n",
    "Host with a bad port": START + b"Host: a:b\r\n\r\n",
    "length and coding": POST
    + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "coding and length": POST
    + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "two different lengths": POST
    + b"Content-Length: 0\r\nContent-Length: 42\r\n\r\n",
    "two lengths in one field": POST + b"Content-Length: 0, 42\r\n\r\n",
    "length with a sign": POST + b"Content-Length: +0\r\n\r\n",
    "negative length": POST + b"Content-Length: -1\r\n\r\n",
    "length in hexadecimal": POST + b"Content-Length: 0x0\r\n\r\n",
    "empty length": POST + b"Content-Length: \r\n\r\n",
    "length past 64 bits": POST + b"Content-Length: 18446744073709551616\r\n\r\n",
}
# Bodies likewise. Their fault may show only after the answer to the head.
MALFORMED_BODIES = {
    "chunk size with a sign": CHUNKED + b"+0\r\n\r\n",
    "chunk size 0x0": CHUNKED + b"0x0\r\n\r\n",
    "chunk size not hexadecimal": CHUNKED + b"g\r\n\r\n",
    "empty chunk size": CHUNKED + b"\r\n\r\n",
    "chunk size past 64 bits": CHUNKED + b"10000000000000000\r\n\r\n",
    "bare LF after the chunk size": CHUNKED + b"0\n\r\n",
    "bare CR after the chunk size": CHUNKED + b"0\rX\r\n\r\n",
    "chunk longer than its size": CHUNKED + b"1\r\nab\r\n0\r\n\r\n",
    "bare LF after the chunk": CHUNKED + b"1\r\na\n0\r\n\r\n",
    "bare LF in a chunk extension": CHUNKED + b"0;a\nb\r\n\r\n",
    "bare CR in a chunk extension": CHUNKED + b"0;a\rb\r\n\r\n",
    "long chunk extension": CHUNKED + b"0;" + b"a" * 20_000 + b"\r\n\r\n",
    "bare LF in the trailer": CHUNKED + b"0\r\nA: b\n\r\n",
}
# These may also be told that the server does not know such a thing.
UNKNOWN_CODINGS = {
    "coding gzip": POST + b"Transfer-Encoding: gzip\r\n\r\n",
    "coding identity": POST + b"Transfer-Encoding: identity\r\n\r\n",
    "coding gzip before chunked": POST
    + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "coding gzip after chunked": POST
    + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "coding chunked twice": POST
    + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "coding chunked in two fields": POST
    + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "coding in two fields": POST
    + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n\r\n0\r\n\r\n",
    "coding that ends like chunked": POST
    + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "coding that starts like chunked": POST
    + b"Transfer-Encoding: chunked1\r\n\r\n0\r\n\r\n",
    "empty coding": POST + b"Transfer-Encoding: \r\n\r\n0\r\n\r\n",
    "coding in HTTP/1.0": b"POST /clients HTTP/1.0\r\n" + HOST
    + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
}
