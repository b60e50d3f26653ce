/** The one style sheet of all pages, inline: no page waits for a second request. */

/** Its hash stands in the Content-Security-Policy, so it is written as it is here, to the sign. */
export const STYLE = `
:root{color-scheme:light dark;--bg:#fbfbfa;--card:#fff;--ink:#1c1f23;--soft:#565d66;--line:#dcdfe3;--accent:#0b57a4;--good:#17663a;--bad:#a3231c;--warn:#7c4a00;--tint:#f0f2f5;font:1rem/1.55 system-ui,-apple-system,"Segoe UI",sans-serif}
@media (prefers-color-scheme:dark){:root{--bg:#15171a;--card:#1c1f23;--ink:#e7e9ec;--soft:#a8b0ba;--line:#363b42;--accent:#84bdf7;--good:#7ed6a0;--bad:#ff9d94;--warn:#f0c070;--tint:#262a30}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink)}
a{color:var(--accent);text-underline-offset:.15em}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px;border-radius:.25rem}
.skip{position:absolute;left:-999rem}.skip:focus{left:1rem;top:.5rem;background:var(--card);padding:.25rem .75rem}
.bar{border-bottom:1px solid var(--line);background:var(--card)}
.bar nav,main{max-width:64rem;margin:0 auto;padding:.75rem 1.25rem}
.bar nav{display:flex;flex-wrap:wrap;gap:.25rem 1.5rem;align-items:baseline}
.bar .home{font-weight:650;color:var(--ink);text-decoration:none;font-size:1.1rem;margin-right:auto}
main{padding-bottom:4rem}
h1{font-size:1.75rem;line-height:1.2;margin:1.5rem 0 .5rem;overflow-wrap:anywhere}
h2{font-size:1.2rem;margin:2.5rem 0 .75rem}h3{font-size:1.05rem;margin:0 0 .5rem;overflow-wrap:anywhere}
p{margin:.5rem 0}.soft{color:var(--soft)}.small{font-size:.875rem}
.lead{font-size:1.1rem;max-width:48rem;overflow-wrap:anywhere}
.cards{display:grid;gap:1rem;grid-template-columns:repeat(auto-fill,minmax(min(100%,28rem),1fr))}
.card,.none{border:1px solid var(--line);border-radius:.6rem;background:var(--card);padding:1rem 1.15rem;min-width:0}
.none{color:var(--soft)}
.top{display:flex;gap:.75rem;justify-content:space-between;align-items:baseline;flex-wrap:wrap}
.state{display:inline-block;font-size:.8125rem;font-weight:600;border:1px solid currentColor;border-radius:1rem;padding:0 .6rem;white-space:nowrap}
.good{color:var(--good)}.bad{color:var(--bad)}.warn{color:var(--warn)}
pre{overflow-x:auto;margin:.5rem 0;padding:.65rem .8rem;background:var(--tint);border-radius:.4rem;font:.8125rem/1.6 ui-monospace,"SF Mono",Menlo,Consolas,monospace}
code,.file{font-family:ui-monospace,"SF Mono",Menlo,Consolas,monospace;font-size:.875em;overflow-wrap:anywhere}
dl{display:grid;grid-template-columns:auto 1fr;gap:.15rem 1rem;margin:.5rem 0;font-size:.9375rem}dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
form{display:flex;flex-wrap:wrap;gap:.75rem;align-items:end;margin:1rem 0}
label{display:grid;gap:.2rem;font-size:.875rem;color:var(--soft)}
input,select,button{font:inherit;color:var(--ink);background:var(--card);border:1px solid var(--soft);border-radius:.4rem;padding:.4rem .7rem;min-height:2.6rem;max-width:100%}
button{background:var(--accent);color:var(--bg);border-color:var(--accent);font-weight:600;cursor:pointer}
table{border-collapse:collapse;width:100%;font-size:.9375rem}
caption{text-align:left;color:var(--soft);font-size:.875rem;padding:.25rem 0}
th{text-align:left;white-space:nowrap;font-weight:600;color:var(--soft);font-size:.8125rem}
th,td{padding:.45rem .9rem .45rem 0;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:break-word}time{white-space:nowrap}bdi{overflow-wrap:anywhere}
tr:last-child>td{border-bottom:0}
details{border:1px solid var(--line);border-radius:.5rem;background:var(--card);margin:.5rem 0}
.card details{border:0;margin:.25rem 0}.card summary{padding:.25rem 0}
summary{cursor:pointer;padding:.6rem 1rem;overflow-wrap:anywhere}summary strong{margin-right:.6rem}
.in{padding:0 1rem .5rem}
figure{margin:.75rem 0}figcaption,.ends{font-size:.8125rem;color:var(--soft)}.ends{display:flex;justify-content:space-between;gap:1rem}
svg{display:block;width:100%;height:5.5rem;background:var(--tint);border-radius:.3rem}svg.low{height:3.25rem}
.served{fill:var(--accent)}.hidden{fill:var(--warn)}.failed{fill:var(--bad)}.edge{stroke:var(--ink);stroke-width:2;stroke-dasharray:5 4;vector-effect:non-scaling-stroke}
.key{display:inline-block;width:.7em;height:.7em;border-radius:.15em;background:currentColor;margin-right:.35em}.key.served{color:var(--accent)}.key.hidden{color:var(--warn)}.key.line{width:0;height:1em;border-left:2px dashed var(--ink);background:none;border-radius:0;vertical-align:-.15em}
.legend{display:flex;flex-wrap:wrap;gap:.1rem 1.25rem}
.pages{display:flex;gap:1.5rem;margin:1.25rem 0}
ul,ol{padding-left:1.2rem}li{margin:.3rem 0;overflow-wrap:anywhere}
@media (max-width:44rem){thead{position:absolute;left:-999rem}table,caption,tbody,tr,td{display:block}tr{border-bottom:1px solid var(--line);padding:.6rem 0}tr:last-child{border-bottom:0}td{border:0;padding:.1rem 0}td[data-label]::before{content:attr(data-label) ": ";color:var(--soft);font-size:.8125rem}input,select{width:100%}label{flex:1 1 100%}}
@media (prefers-contrast:more){:root{--soft:var(--ink);--line:var(--ink)}}
`
