"""What a page has beside its content: style and script."""

STYLE = (
    ":root{color-scheme:light dark}"
    "body{font:14px/1.45 system-ui,sans-serif;margin:1.5rem auto;max-width:90rem;padding:0 1rem;"
    "background:Canvas;color:CanvasText}"
    "h1{font-size:1.3rem;overflow-wrap:anywhere}"
    ".part{margin:1.2rem 0;overflow-x:auto;overflow-wrap:anywhere}"
    ".l{padding-left:6.5em;text-indent:-6.5em}"
    ".l>b{display:inline-block;min-width:6.5em;text-indent:0}"
    "summary{cursor:pointer;font-weight:600}"
    "table{border-collapse:collapse;font-size:12.5px}"
    "th,td{padding:2px 6px;text-align:right;white-space:pre;font-variant-numeric:tabular-nums}"
    ".t{text-align:left}"
    "thead th{position:sticky;top:0;background:Canvas;cursor:pointer;border-bottom:1px solid}"
    "tbody tr:hover{background:color-mix(in srgb,CanvasText 8%,Canvas)}"
    "svg circle:hover,svg rect:hover{fill-opacity:1;stroke:currentColor}"
    "@media print{body{margin:0;max-width:none;font-size:10px}thead th{position:static}"
    "table{font-size:8px}.part{overflow:visible}svg{break-inside:avoid}}"
)
# A click on a heading sorts: the largest first, then the smallest, then as it was. Rows that belong to the
# one above them (class f: subgraphs, inner layers) move with it, and what ends a table stays at its end.
SCRIPT = (
    "document.querySelectorAll('table').forEach(t=>{const b=t.tBodies[0],all=[...b.rows],g=[];"
    "let e=all.length;while(e&&all[e-1].className=='f'&&!all[e-1].dataset.k)e--;"
    "const end=all.slice(e);all.slice(0,e).forEach(r=>{"
    "if(r.className=='f'&&g.length)g[g.length-1].push(r);else g.push([r])});"
    "let last=-1,way=0;[...t.tHead.rows[0].cells].forEach((h,i)=>h.onclick=()=>{"
    "way=last==i?(way+1)%3:0;last=i;"
    "const k=x=>{const c=x[0].cells[i];return h.className=='t'?c.textContent:"
    "c.dataset.v===undefined?null:+c.dataset.v},"
    "o=way==2?g:[...g].sort((p,q)=>{const a=k(p),z=k(q);if(a===null||z===null)"
    "return(a===null)-(z===null);const d=a<z?-1:a>z?1:0;"
    "return(h.className=='t')==(way==0)?d:-d});"
    "b.append(...o.flat(),...end)})});"
)
