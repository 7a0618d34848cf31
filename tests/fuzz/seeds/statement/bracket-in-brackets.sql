SELECT [a]]..] FROM t
