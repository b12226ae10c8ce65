GET /livez HTTP/x.y
Host: a

