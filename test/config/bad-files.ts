/** Rules files that are refused: what is written, with `▸` before every place that must be named, and words of the message. */

/** A whole file. */
const file = (text: string) => text

/** Entries of one more upstream, beside corp (private, owns acme-*), pypi, and wheels (optional). */
const upstream = (entries: string) =>
  whole({ upstreams: `"more": { ${entries} }`, index: '"upstreams": ["corp", "pypi"]' })

/** One more upstream, with its name. */
const named = (text: string) => whole({ upstreams: text, index: '"upstreams": ["corp", "pypi"]' })

/** Entries of the index `default`. */
const index = (entries: string) => whole({ index: entries })

/** Rules of an index that asks corp and then pypi. */
const rules = (text: string) => whole({ index: `"upstreams": ["corp", "pypi"], "rules": [\n${text}\n]` })

/** Expectations of an index with rules: torch comes from torch-cpu and pypi, requestes is denied. */
const expect = (entries: string) =>
  whole({
    upstreams: '"torch-cpu": { "url": "https://download.pytorch.org/whl/cpu/" }',
    index: `"upstreams": ["corp", "pypi"], "expect": { ${entries} }, "rules": [
      { "projects": ["torch"], "upstreams": ["torch-cpu", "pypi"], "strategy": "by-version" },
      { "projects": ["requestes"], "deny": "typosquat" }]`,
  })

/** More keys at the top of the file. */
const top = (entries: string) => whole({ index: '"upstreams": ["corp", "pypi"]', top: entries })

function whole({ upstreams = '', index, top = '' }: { upstreams?: string; index: string; top?: string }): string {
  return `{
  "upstreams": {
    "corp": { "url": "https://packages.example.com/simple/", "private": true, "owns": ["acme-*"] },
    "pypi": { "url": "https://pypi.org/simple/" },
    "wheels": { "url": "https://wheels.example.com/simple/", "optional": true },
    ${upstreams}
  },
  "indexes": { "default": { ${index} } },
  ${top}
}`
}

const ok = '"url": "https://more.example.com/simple/"'
const glob = `${ok}, "private": true, "owns":`

type Row = readonly [make: (text: string) => string, text: string, ...words: string[]]

/** One word, or several separated by `…`, for each mark, in the order of the file. */
export const BAD_FILES: readonly Row[] = [
  // Syntax
  [file, '▸', 'the file is empty'],
  [file, '// nothing▸', 'a value is missing'],
  [file, '▸[]', 'the file is a list … an object'],
  [file, '▸"text"', 'the file is a text'],
  [file, '{\n  "upstreams": {}\n  ▸"indexes": {}\n}', 'a comma is missing'],
  [file, '{ "upstreams" ▸{} }', 'a colon is missing'],
  [file, '{ "upstreams": {▸', 'a closing brace is missing'],
  [file, '{ "hosts": ["a"▸', 'a closing bracket is missing'],
  [file, '{ "hosts": ▸"a }', 'this text does not end'],
  [file, '{}\n▸{}', 'something stands behind the end'],
  [file, '{ ▸/* }', 'this comment does not end'],
  [file, '{ "a": ▸"\\q" }', 'this escape is not valid'],
  [file, '{ "a": ▸"\\u00g0" }', 'this escape is not valid'],
  [file, "{ ▸'a': 1 }", 'this is no JSON … double quotes'],
  [file, `${'['.repeat(32)}▸[`, 'nested too deep'],
  [file, `[${'1,'.repeat(100_000)}1▸,1]`, 'too many values'],
  [file, `▸${' '.repeat(2 ** 21 + 1)}`, 'too long'],
  [top, '"hosts": [], ▸"hosts": []', 'the key "hosts" stands twice'],
  [named, '▸"pypi": {}', 'the key "pypi" stands twice'],
  [top, '▸"__proto__": {}', 'unknown key "__proto__"'],

  // Top
  [file, '▸{ "indexes": { "default": { "upstreams": ["a"] } } }', 'the file has no "upstreams"'],
  [file, '▸{ "upstreams": { "a": { "url": "https://a.example" } } }', 'the file has no "indexes"'],
  [file, '{ "upstreams": ▸{}, "indexes": { "default": { "upstreams": ["a"] } } }', 'there is no upstream'],
  [file, '{ "upstreams": { "a": { "url": "https://a.example" } }, ▸"indexes": {} }', 'no index "default"'],
  [top, '▸"upstream": {}', 'unknown key "upstream" … did you mean "upstreams"?'],
  [
    top,
    '▸"cache": {}',
    'unknown key "cache" … the keys of the file are $schema, upstreams, indexes, hosts, servedAt and peers',
  ],
  [top, '▸"constructor": {}', 'unknown key "constructor"'],
  [top, '"peers": [▸"mirror.example.net"]', 'this is no address … write e.g. "https://mirror.example.net/"'],
  [top, '"peers": [▸"https://me:secret@mirror.example.net/"]', 'this address holds credentials … delete them'],
  [top, '"hosts": ▸"a"', '"hosts" is a text … a list'],
  [top, '"hosts": [▸"https://a.example:80/"]', 'is no host name … write "a.example"'],
  [top, '"hosts": [▸"a.example:8642"]', 'is no host name … write "a.example"'],
  [top, '"hosts": [▸""]', 'is no host name'],
  [top, '"hosts": [▸"*.a.example/b"]', 'is no host name'],
  [top, '"servedAt": ▸"a.example"', 'this is no address … write e.g. "https://packages.example.com/"'],
  [top, '"servedAt": ▸"https://ci:x@a.example/"', 'this address holds credentials … delete what stands before "@"'],
  [top, '"servedAt": ▸"https://a.example/x/simple/"', 'the address of an index … write "https://a.example/x/"'],
  [top, '"$schema": ▸1', '"$schema" is a number'],

  // Upstreams
  [named, '▸"Corp2": { "url": "https://a.example" }', '"Corp2" cannot be a name'],
  [named, '▸"2corp": { "url": "https://a.example" }', '"2corp" cannot be a name'],
  [named, '▸"": { "url": "https://a.example" }', '"" cannot be a name'],
  [named, `▸"a${'a'.repeat(64)}": { "url": "https://a.example" }`, 'cannot be a name'],
  [named, '"more": ▸"https://a.example"', '"more" is a text … an object'],
  [named, '▸"more": {}', 'the upstream "more" has no "url"'],
  [upstream, '"url": ▸null', '"url" is null'],
  [upstream, '"url": ▸"packages.example.com/simple/"', 'this is no address'],
  [upstream, '"url": ▸""', 'this is no address'],
  [upstream, '"url": ▸"ftp://a.example/"', 'begins with "ftp:"'],
  [upstream, '"url": ▸"file:///etc/passwd"', 'begins with "file:"'],
  [upstream, '"url": ▸"https://a.example/simple/?x=1"', 'a query or a fragment'],
  [upstream, '"url": ▸"https://a.example/simple/#"', 'a query or a fragment'],
  [upstream, '"url": ▸"https:\\\\\\\\a.example"', 'a backslash'],
  [upstream, '"url": ▸"https://a.example/a b/"', 'a space'],
  [upstream, '"url": ▸"https://u:%zz@a.example/"', 'not percent-encoded'],
  [upstream, `"url": ▸"https://a.example/${'a'.repeat(2048)}"`, 'this is no address'],
  [upstream, `${ok}, ▸"privat": true`, 'unknown key "privat" … did you mean "private"?'],
  [upstream, `${ok}, "mirrors": ▸[]`, '"mirrors" is empty'],
  [upstream, `${ok}, "mirrors": ▸"https://m.example/simple/"`, '"mirrors" is a text … a list … an object'],
  [upstream, `${ok}, "mirrors": [▸"m.example", ▸7]`, 'this is no address', 'entry 2 of "mirrors" is a number'],
  [upstream, `${ok}, "mirrors": [▸{}]`, 'this mirror has no "url"'],
  [upstream, `${ok}, "mirrors": [{ "url": "https://m.example/", ▸"private": true }]`, 'unknown key "private"'],
  [upstream, `${ok}, "mirrors": [{ "url": "https://m.example/", "filesAt": ▸[] }]`, '"filesAt" is empty'],
  [upstream, `${ok}, "mirrors": [{ "url": "https://m.example/", "auth": ▸{} }]`, 'neither a username'],
  [
    upstream,
    `${ok}, "mirrors": [{ "url": "https://m.example/", "auth": { ▸"user": "a" } }]`,
    'unknown key "user" … username, password and token',
  ],
  [
    upstream,
    `${ok}, "mirrors": [{ "url": ▸"https://u:p@m.example/", "auth": { "token": { "env": "T" } } }]`,
    'the credentials stand in "auth" too',
  ],
  [
    upstream,
    `${ok}, "mirrors": [▸"https://more.example.com/simple"]`,
    'the address of the upstream itself … delete it',
  ],
  [
    upstream,
    `${ok}, "mirrors": ["https://m.example/simple/", ▸"https://m.example/simple"]`,
    'this mirror stands twice … keep one',
  ],
  [
    upstream,
    `${ok}, "mirrors": ▸[${Array.from({ length: 17 }, (_, i) => `"https://m${i}.example/"`).join()}]`,
    '17 mirrors … at most 16',
  ],
  [upstream, `${ok}, ▸"mirrors": {}`, '"mirrors" has no "from" … a list of addresses'],
  [upstream, `${ok}, "mirrors": { "from": ▸"http://m.example/mirrors" }`, 'plain http … "https://…"'],
  [upstream, `${ok}, "mirrors": { "from": ▸"https://u@m.example/mirrors" }`, 'holds credentials'],
  [
    upstream,
    `${ok}, "private": true, "mirrors": { ▸"from": "https://m.example/mirrors" }`,
    'names of a private upstream … write its mirrors one by one',
  ],
  [upstream, `${ok}, "cooldown": ▸"3 days"`, 'is no duration'],
  [upstream, `${ok}, "cooldown": ▸"400d"`, 'too long'],
  [upstream, `${ok}, "private": ▸"yes"`, '"private" is a text … true or false'],
  [upstream, `${ok}, "owns": ▸"acme"`, '"owns" is a text … a list'],
  [upstream, `${ok}, "owns": ▸[]`, '"owns" is empty'],
  [upstream, `${ok}, "owns": [▸"acme/*", ▸"bcme?"]`, 'the sign "/"', 'the sign "?"'],
  [upstream, `${ok}, "owns": [▸"a b"]`, 'the sign " "'],
  [upstream, `${ok}, "owns": [▸"-a*"]`, 'can match no name'],
  [upstream, `${ok}, "owns": [▸""]`, 'can match no name'],
  [upstream, `${ok}, "owns": ["b", ▸2]`, 'entry 2 of "owns" is a number'],
  [upstream, `${ok}, "filesAt": [▸"files.example.com"]`, 'this is no address'],
  [upstream, `${ok}, "filesAt": [▸"https://u:p@files.example.com/"]`, 'holds credentials'],
  [upstream, `${ok}, "filesAt": [▸"https://files.example.com/?a"]`, 'a query or a fragment'],
  [upstream, `${ok}, "filesAt": ▸[]`, '"filesAt" is empty'],
  [upstream, `${ok}, "absentOn": [403, ▸200]`, '200 cannot mean … 400 to 499'],
  [upstream, `${ok}, "absentOn": [▸500, ▸403.5, ▸"403"]`, '500 cannot mean', '403.5 cannot mean', 'is a text'],
  [upstream, `${ok}, "absentOn": [▸429, ▸408]`, '429 means "not now"', '408 means "not now"'],
  [
    upstream,
    `${glob} ["b"], "absentOn": [▸401, ▸403, ▸407, 451]`,
    '401 from a private upstream',
    '403 from',
    '407 from',
  ],
  [upstream, `${glob} ["b"], "optional": ▸true`, 'a private upstream cannot be "optional"'],
  [upstream, `${ok}, "owns": ["b"], "optional": ▸true`, 'an upstream that "owns" names cannot be "optional"'],
  [upstream, `${glob} ["b"], "deliver": ▸"redirect"`, 'cannot be sent to a private upstream'],
  [upstream, `${ok}, "auth": "netrc", "deliver": ▸"redirect"`, 'cannot be sent to an upstream that wants credentials'],
  [upstream, `${ok}, "headers": { "X-A": "b" }, "deliver": ▸"redirect"`, 'cannot be sent'],
  [upstream, '"url": "https://u:p@a.example", "deliver": ▸"redirect"', 'cannot be sent'],
  [upstream, `${ok}, "deliver": ▸"directly"`, '"deliver" is "directly" … "through" or "redirect"'],
  [upstream, `${ok}, "format": ▸"htlm"`, 'did you mean "html"?'],
  [upstream, `${ok}, "timeout": ▸"0s"`, '"0s" is too short … 1s to 8s'],
  [upstream, `${ok}, "timeout": ▸"9s"`, '"9s" is too long … 1s to 8s'],
  [upstream, `${ok}, "timeout": ▸8`, '"timeout" is a number'],
  [upstream, `${ok}, "freshFor": ▸"10"`, '"10" is no duration'],
  [upstream, `${ok}, "freshFor": ▸"1w"`, '"1w" is no duration'],
  [upstream, `${ok}, "freshFor": ▸"-1s"`, '"-1s" is no duration'],
  [upstream, `${ok}, "freshFor": ▸"31d"`, '"31d" is too long'],
  [upstream, `${ok}, "ca": ▸"~/ca.pem"`, '"~" stands for nothing'],
  [upstream, `${ok}, "ca": ▸""`, 'this is no path'],
  [upstream, `${ok}, "headers": { ▸"X Y": "a" }`, '"X Y" is no header name'],
  [upstream, `${ok}, "headers": { ▸"Host": "a" }`, 'is written by Unidex'],
  [upstream, `${ok}, "headers": { "X-A": "a", ▸"x-a": "b" }`, 'the header "x-a" stands twice'],
  [upstream, `${ok}, "headers": { "X-A": ▸"a\\r\\nX-B: c" }`, 'a control character'],
  [upstream, `${ok}, "headers": { "X-A": ▸"€" }`, 'a sign that a header cannot have'],
  [upstream, `${ok}, "auth": "netrc", "headers": { ▸"Authorization": { "env": "A" } }`, 'stand in "auth" too'],
  [upstream, '"url": ▸"https://u:p@a.example", "auth": "netrc"', 'stand in "auth" too'],
  [upstream, `${ok}, "auth": ▸"keyring"`, '"keyring" is not available in this version … exec'],
  [upstream, `${ok}, "auth": ▸"hunter2"`, '"auth" is a text … "netrc" or an object'],
  [upstream, `${ok}, "auth": ▸{}`, 'neither a username with a password nor a token'],
  [upstream, `${ok}, "auth": ▸{ "username": "ci" }`, 'neither a username with a password nor a token'],
  [upstream, `${ok}, "auth": ▸{ "username": "ci", "password": "p", "token": "t" }`, 'neither'],
  [upstream, `${ok}, "auth": { "username": ▸"c:i", "password": "p" }`, 'a colon'],
  [upstream, `${ok}, "auth": { "username": "ci", ▸"pasword": "p" }`, 'did you mean "password"?'],
  [upstream, `${ok}, "auth": { "token": ▸5 }`, '"token" is a number … a text in quotes or an object'],
  [upstream, `${ok}, "auth": { "token": { ▸"environment": "A" } }`, 'the keys of a secret are env, file and exec'],
  [upstream, `${ok}, "auth": { "token": ▸{ "env": "A", "file": "b" } }`, 'a secret comes from one source'],
  [upstream, `${ok}, "auth": { "token": ▸{} }`, 'a secret comes from one source'],
  [upstream, `${ok}, "auth": { "token": { "env": ▸"$A" } }`, 'no name of an environment variable'],
  [upstream, `${ok}, "auth": { "token": { "file": ▸"~/token" } }`, '"~" stands for nothing'],
  [upstream, `${ok}, "auth": { "token": { "exec": ▸"get token" } }`, '"exec" is a text … a list'],
  [upstream, `${ok}, "auth": { "token": { "exec": ▸[] } }`, '"exec" is empty'],
  [upstream, `${ok}, "auth": { "token": { "exec": [▸""] } }`, 'no part of a command'],
  [upstream, `${glob} [▸"acme-core"]`, '"acme-core" is owned by "corp" already (line 3)'],
  [upstream, `${glob} [▸"acme-*"]`, '"acme-*" is owned by "corp" already (line 3)'],
  [upstream, `${glob} [▸"*-core"]`, '"*-core" shares names with "acme-*", which is owned by "corp" already'],
  [upstream, `${glob} [▸"*"]`, 'shares names with "acme-*"'],
  [
    (text) => `▸${upstream(text)}`,
    `${glob} [${Array.from({ length: 500 }, (_, i) => `"b${i}-*"`).join()}]`,
    '501 patterns',
  ],

  // Indexes and lists
  [
    file,
    '{ "upstreams": { "a": { "url": "https://a.example" } }, ▸"indexes": { "one": { "upstreams": ["a"] } } }',
    'no index "default"',
  ],
  ...[
    'simple',
    'files',
    'projects',
    'pypi',
    'mirrors',
    'last-modified',
    'local-stats',
    'stats',
    'healthz',
    'readyz',
    'metrics',
  ].map((word): Row => [
    file,
    `{ "upstreams": { "a": { "url": "https://a.example" } }, "indexes": { "default": { "upstreams": ["a"] }, ▸"${word}": { "upstreams": ["a"] } } }`,
    `the index name "${word}" is taken`,
  ]),
  [
    file,
    '{ "upstreams": { "a": { "url": "https://a.example" } }, "indexes": { "default": { "upstreams": ["a"] }, ▸"Data": { "upstreams": ["a"] } } }',
    '"Data" cannot be a name',
  ],
  [
    file,
    '{ "upstreams": { "a": { "url": "https://a.example" } }, "indexes": { ▸"default": {} } }',
    'has no "upstreams"',
  ],
  [index, '"upstreams": ▸[]', '"upstreams" is empty'],
  [index, '"upstreams": ▸"pypi"', '"upstreams" is a text'],
  [index, '"upstreams": ["corp", ▸"pypl"]', 'unknown upstream "pypl" … did you mean "pypi"?'],
  [index, '"upstreams": ["corp", ▸"constructor"]', 'unknown upstream "constructor" … "corp", "pypi" or "wheels"'],
  [index, '"upstreams": ["corp", "pypi", ▸"corp"]', '"corp" stands twice'],
  [index, '"upstreams": ["pypi", ▸"corp"]', 'the private upstream "corp" comes after "pypi"'],
  [index, '"upstreams": ["corp", ▸"wheels", "pypi"]', '"wheels" is optional … "first-index"'],
  [index, '"upstreams": ▸[▸"wheels"]', 'nobody else is asked', '"wheels" is optional'],
  [index, '"upstreams": ["corp", "pypi"], "clients": ▸"all"', '"clients" is "all" … write "anyone"'],
  [index, '"upstreams": ["corp", "pypi"], ▸"rule": []', 'did you mean "rules"?'],
  [index, '"upstreams": ["corp", "pypi"], "rules": ▸{}', '"rules" is an object … a list'],

  // Rules
  [rules, '▸5', 'entry 1 of "rules" is a number'],
  [rules, '▸{ "deny": "no" }', 'this rule has no "projects"'],
  [rules, '{ "projects": ▸[], "deny": "no" }', '"projects" is empty'],
  [rules, '{ "projects": [▸"a[b]"], "deny": "no" }', 'the sign "["'],
  [rules, '▸{ "projects": ["a"] }', 'this rule says nothing'],
  [rules, '{ "projects": ["a"], ▸"denny": "no" }', 'did you mean "deny"?'],
  [rules, '{ "projects": ["a"], "cooldown": ▸"soon" }', 'is no duration'],
  [rules, '{ "projects": ["a"], "excludeNewer": ▸"2026-02-30" }', 'is no date … a day that exists'],
  [rules, '{ "projects": ["a"], "excludeNewer": ▸"2026-01-31T12:00:00" }', 'is no date … with its zone'],
  [rules, '{ "projects": ["a"], "upstreams": ▸[] }', '"upstreams" is empty'],
  [rules, '{ "projects": ["a"], "upstreams": [▸"pipy"] }', 'did you mean "pypi"?'],
  [rules, '{ "projects": ["a"], "strategy": ▸"by-versoin" }', 'did you mean "by-version"?'],
  [rules, '{ "projects": ["a"], "strategy": ▸"union" }', '"first-index", "by-version" or "by-file"'],
  [rules, '{ "projects": ["a"], "deny": ▸true }', '"deny" is true … a text in quotes or false'],
  [rules, '{ "projects": ["a"], "deny": ▸" " }', 'the reason is empty'],
  [rules, '{ "projects": ["a"], "deny": ▸"a\\nb" }', 'longer than a line'],
  [rules, '{ "projects": ["a"], "versions": ▸"3.1" }', '"3.1" is no version specifier … did you mean "==3.1"?'],
  [rules, '{ "projects": ["a"], "versions": ▸"new" }', '"new" is no version specifier'],
  [rules, '{ "projects": ["a"], "versions": ▸"<3 >2" }', 'is no version specifier'],
  [rules, '{ "projects": ["a"], "versions": ▸"" }', 'is no version specifier'],
  [rules, '{ "projects": ["a"], "files": ▸[] }', '"files" is empty'],
  [rules, '{ "projects": ["a"], "files": [▸"!"] }', 'the glob "!" is empty'],
  [rules, '{ "projects": ["a"], "files": [▸"a/*"] }', 'has the sign "/"'],
  [rules, '{ "projects": ["a"], "files": ["*.whl", ▸"!*-win??.whl"] }', 'has the sign "?"'],
  [rules, '{ "projects": ["a"], "yanked": ▸"drop" }', '"keep" or "hide"'],
  [
    rules,
    '{ "projects": ["*"], "deny": "no" },\n▸{ "projects": ["a"], "deny": false }',
    'can never matter … "deny" (line 9)',
  ],
  [
    rules,
    '{ "projects": ["a-*"], "yanked": "hide" },\n▸{ "projects": ["a-b", "A_C*"], "yanked": "keep" }',
    'can never matter',
  ],
  [
    rules,
    '{ "projects": ["a"], "versions": "<3", "yanked": "hide" },\n▸{ "projects": ["a"], "versions": "<2" }',
    '"versions" (line 9)',
  ],
  [
    rules,
    '{ "projects": ["a"], "versions": "<3" },\n{ "projects": ["b", "a"], "yanked": "hide" },\n▸{ "projects": ["a"], "versions": "<2", "yanked": "keep" }',
    '"versions" (line 9) and "yanked" (line 10)',
  ],
  [
    rules,
    '{ "projects": ["a"], "deny": "no" },\n{ "projects": ["b"], "deny": "no" },\n▸{ "projects": ["a", "b"], "deny": "no" }',
    '"deny" (line 9 and 10)',
  ],
  [rules, '{ "projects": ["a*"], "upstreams": ["pypi", ▸"corp"] }', 'the private upstream "corp" comes after "pypi"'],
  [
    rules,
    '{ "projects": [▸"acme-core"], "upstreams": ["pypi"] }',
    '"acme-core" is owned by "corp" (line 3) … sends it to "pypi"',
  ],
  [rules, '{ "projects": ["a", ▸"Acme_Core"], "upstreams": ["corp", "pypi"] }', 'is owned by "corp"'],
  [rules, '{ "projects": [▸"acme-core"], "strategy": "by-file" }', 'shares it, by-file'],
  [rules, '{ "projects": [▸"acme-x-*"], "upstreams": ["pypi"] }', '"acme-x-*" is owned by "corp"'],
  [
    rules,
    '{ "projects": ["a-*"], "strategy": ▸"by-version", "upstreams": ["corp", "pypi"] }',
    'would share names with the private upstream "corp"',
  ],
  [rules, '{ "projects": ["*"], "strategy": ▸"by-file" }', 'would share names with the private upstream "corp"'],
  [rules, '{ "projects": ["a"], "strategy": ▸"by-file" }', 'would share names with the private upstream "corp"'],
  [
    rules,
    '{ "projects": ["a-*"], "upstreams": ["corp", "pypi"] },\n{ "projects": ["*-b"], "strategy": ▸"by-file", "upstreams": ["pypi"] }',
    'would share names with the private upstream "corp"',
  ],
  [rules, '{ "projects": ["a"], "upstreams": ["pypi", ▸"wheels"] }', '"wheels" is optional … "first-index"'],
  [
    rules,
    '{ "projects": ["a"], "upstreams": ▸["wheels"], "strategy": "by-file" }',
    '"wheels" may be missing … nobody else',
  ],
  [
    rules,
    '{ "projects": ["a-b"], "strategy": "first-index" },\n{ "projects": ["a-*"], "strategy": "by-file", "upstreams": ["pypi", ▸"wheels"] },',
    '"wheels" is optional',
  ],

  // Expectations
  [expect, '"acme-core": ▸"pypi"', '"acme-core" comes from "corp", which owns it'],
  [expect, '"Torch": ▸"corp"', '"torch" comes from "torch-cpu" or "pypi" by the rule in line'],
  [expect, '"requests": ▸"torch-cpu"', '"requests" comes from "corp" or "pypi"'],
  [expect, '"requestes": ▸"pypi"', '"requestes" is denied by the rule in line'],
  [expect, '"requests": ▸"pipy"', 'unknown upstream "pipy" … did you mean "pypi"?'],
  [expect, '▸"torch*": "pypi"', '"torch*" is no project name'],
  [expect, '"a-b": "pypi", ▸"A_B": "pypi"', '"a-b" is expected in line'],
  [expect, '"requests": ▸["pypi"]', '"requests" is a list'],
  [
    index,
    '"upstreams": ["pypi"], "expect": { "acme-core": ▸"corp" }',
    'owned by "corp", which this index does not ask',
  ],
]
