const $ = id => document.getElementById(id);
const visitor = sessionStorage.visitor ??= crypto.randomUUID?.() ?? String(Math.random());
let leaving = null;

const about = fetch('/about').then(response => response.json()).then(about => {
  $('server').textContent = about.isScripted
    ? 'A scripted server: its answers are canned, its faults are those of real ones.'
    : `${about.endpoint}${about.model ? `, model ${about.model}` : ''}`;
  $('faults').hidden = !about.isScripted;
  for (const { name, does } of about.faults) $('fault').append(new Option(does, name));
}).catch(gone => { $('server').textContent = `The page lost its server: ${gone.message}`; });

$('endpoint').oninput = () => { $('faults').hidden = $('endpoint').value !== '' || !$('fault').options.length; };

const show = (kind, text) => {
  const element = document.createElement('div');
  element.className = `said ${kind}`;
  element.textContent = text;
  $('talk').append(element);
  element.scrollIntoView({ block: 'end', behavior: 'smooth' });
  return element;
};

const list = (id, lines, otherwise) => {
  $(id).replaceChildren(...(lines.length ? lines : [otherwise]).map(line => Object.assign(document.createElement('li'), { textContent: line })));
};

const verdict = (colour, title, text) => {
  $('verdict').className = `verdict ${colour}`;
  $('verdict').replaceChildren(
    Object.assign(document.createElement('strong'), { textContent: title }), Object.assign(document.createElement('p'), { textContent: text }));
};

$('ask').onsubmit = async event => {
  event.preventDefault();
  const text = $('text').value.trim();
  if (!text || leaving) return;
  $('talk').querySelector('.hint')?.remove();
  show('user', text);
  $('text').value = '';
  leaving = new AbortController();
  $('stop').disabled = false;
  $('send').disabled = true;
  verdict('', 'Receiving…', 'The verdict comes when the answer has ended.');
  list('evidence', [], 'waiting for the first chunk');
  list('calls', [], 'none');

  const calls = [];
  let thought = null, answer = null;
  try {
    await about;
    const response = await fetch('/chat', {
      method: 'POST',
      signal: leaving.signal,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        visitor, text, tools: $('tools').checked, reasoning: $('reasoning').checked, typed: $('typed').checked,
        maxTokens: Number($('maxTokens').value) || 500, fault: $('fault').value || 'none', askAgain: $('askAgain').checked,
        server: $('endpoint').value, model: $('model').value,
      }),
    });
    if (!response.ok) throw new Error(`the page's own server answered ${response.status}`);
    for await (const { name, data } of events(response.body)) {
      if (name === 'thought') (thought ??= show('thought', '')).textContent += data;
      else if (name === 'text') (answer ??= show('assistant', '')).textContent += data;
      else if (name === 'progress') {
        list('evidence', [`chunks: ${data.chunks}`, `tokens so far: ${data.tokens ?? 'not counted'}`, `finish reason: ${data.finishReason ?? 'none yet'}`]);
      } else if (name === 'call') list('calls', calls.push(`ready: ${data.name} ${data.arguments}`) && calls);
      else if (name === 'result') show('call', `${data.name}: ${data.content}`);
      else if (name === 'told') show('told', `told to the model: ${data}`);
      else if (name === 'turn') {
        verdict(data.colour, data.verdict, data.explanation);
        list('evidence', [data.restsOn, ...data.evidence]);
        list('calls', calls.concat(data.withheld.map(call => `withheld: ${call}`)), 'none');
        $('tokens').textContent = data.tokensLeft;
        show(`end ${data.colour}`, `${data.verdict}: ${data.explanation}${data.isAskedAgain ? ' Asking again.' : ''}`);
        thought = answer = null;
      } else if (name === 'refused') {
        verdict('broken', 'Refused', data);
        show('end broken', data);
      } else if (name === 'end' && data.verdict === 'BudgetExhausted') show('end', data.explanation);
    }
  } catch (gone) {
    const stopped = leaving.signal.aborted;
    verdict(stopped ? 'doubtful' : 'broken', stopped ? 'Stopped' : 'Lost', stopped ? 'You left; the server stops generating.' : `The page lost its server: ${gone.message}`);
    show('end', stopped ? 'Stopped.' : `The page lost its server: ${gone.message}`);
  }
  leaving = null;
  $('stop').disabled = true;
  $('send').disabled = false;
  $('text').focus();
};

$('stop').onclick = () => leaving?.abort();
$('forget').onclick = async () => {
  leaving?.abort();
  await fetch(`/forget?visitor=${encodeURIComponent(visitor)}`, { method: 'POST' });
  $('talk').replaceChildren();
  verdict('', 'No answer yet', 'A new conversation has begun.');
  list('evidence', [], 'none yet');
  list('calls', [], 'none');
  $('tokens').textContent = 'Nothing spent.';
};

async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (let read; !(read = await reader.read()).done;) {
    const blocks = (rest + read.value).split('\n\n');
    rest = blocks.pop();
    for (const block of blocks) {
      const lines = block.split('\n');
      const name = lines.find(line => line.startsWith('event: '))?.slice(7);
      const data = lines.filter(line => line.startsWith('data: ')).map(line => line.slice(6)).join('\n');
      if (name) yield { name, data: JSON.parse(data) };
    }
  }
}
