/** Links as generators and people write them: each is right HTML, or what every parser makes the same of. */

const SHA256 = 'ab'.repeat(32)
const SHA512 = 'cd'.repeat(64)

/** Given the name of a file, and of one more that nobody must find. */
const ODD_LINKS: readonly ((file: string, none: string) => string)[] = [
  (file) => `<A HREF="${file}#sha256=${SHA256}" DATA-REQUIRES-PYTHON="&gt;=3">x</A>`,
  (file) => `<a href='${file}' data-yanked='a "b"'>x</a>`,
  (file) => `<a href=${file}#sha256=${SHA256} data-requires-python=&gt;=3 data-yanked=why>x</a>`,
  (file) => `<a  href = "${file}"   data-yanked = "r" >x</a>`,
  (file) => `<a\n  href="${file}#sha256=${SHA256}"\n  data-requires-python="&gt;=3"\n>\n  x\n</a>`,
  (file, none) => `<!-- <a href="${none}">x</a> --><a href="${file}">x</a>`,
  (file, none) => `<script>const x = '<a href="${none}">x</a>'</script><a href="${file}">x</a>`,
  (file, none) => `<style><a href="${none}">x</a></style><a href="${file}">x</a>`,
  (file) => `<?xml version="1.0"?><a href="${file}"/>`,
  (file) => `<a href="${file}?a=1&amp;b=2#sha256=${SHA256}">x</a>`,
  (file) => `<a href="${file}?sig=a%2Fb&x=../..#sha512=${SHA512}">x</a>`,
  (file) => `<a href="${file}#egg=foo&amp;sha256=${SHA256}">x</a>`,
  (file) => `<a href="${file}#sha384=${'aa'.repeat(48)}">x</a>`,
  (file) => `<a href="${file}" data-yanked="a &lt; b &#60; c &#x3c; &quot; &apos; &nbsp; &eacute; &amp;amp;">x</a>`,
  (file) => `<a href="${file}" data-yanked="ü \u00a0 😀 \u2028 \u200b">x</a>`,
  (file) => `<a href="${file}" data-yanked="">x</a>`,
  (file) => `<a href="${file}" data-yanked=" ">x</a>`,
  (file) => `<a href="${file}" data-yanked="false">x</a>`,
  (file) => `<a href="${file}" data-requires-python="">x</a>`,
  (file) => `<a href="${file}" data-requires-python=" >=3 ">x</a>`,
  (file) => `<a href="${file}" data-requires-python="<4,>3">x</a>`,
  (file) => `<a href="${file}" data-requires-python="no specifier !! ~">x</a>`,
  (file) => `<a href="${file}" data-core-metadata="true">x</a>`,
  (file) => `<a href="${file}" data-dist-info-metadata="sha256=${SHA256}">x</a>`,
  (file) => `<a href="${file}" data-core-metadata="sha512=${SHA512}" data-dist-info-metadata="sha512=${SHA512}">x</a>`,
  (file) => `<a href="a%20b/${file}">x</a>`,
  (file) => `<a href="a b/${file}">x</a>`,
  (file) => `<a href="ü/${file}">x</a>`,
  (file) => `<a href="%C3%BC/${file}">x</a>`,
  (file) => `<a href="~user/a@b/c;d/{e}/${file}">x</a>`,
  (file) => `<a href="./a/../${file}">x</a>`,
  (file) => `<a href="/from/the/root/${file}" rel="internal">x</a>`,
  (file) => `<form action="/elsewhere/"><a href="${file}">x</a></form>`,
  (file) => `<svg><a href="${file}">x</a></svg>`,
  (file) => `<p><a href="#top">x</a> <a name="x">x</a> <a href="mailto:x@y.example">x</a> <a href="${file}">x`,
]

/** A page with all of them, each the link of an sdist and of a wheel of a version of its own. */
export function oddPage(project: string): Buffer {
  const links = ODD_LINKS.flatMap((link, i) =>
    [`-${i}.0+l.tar.gz`, `-${i}!1.0-py3-none-any.whl`].map((rest) => link(project + rest, `none-${i}.tar.gz`)),
  )
  return Buffer.from(
    `<!DOCTYPE html>\n<html><head><title>Links for ${project}</title></head><body>\n${links.join('\n')}`,
  )
}
