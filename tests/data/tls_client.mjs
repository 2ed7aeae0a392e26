// A TLS client. Each line of standard input is a call: port, version, roots, host, chain, key, separated by tabs, `-`
// for what is not there. Each line of output is `ok` or the reason of the refusal.
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { checkServerIdentity, connect } from 'node:tls';

const file = (path) => (path === '-' ? undefined : readFileSync(path));

const call = ([port, version, roots, host, chain, key]) =>
  new Promise((resolve) => {
    let answer = '';
    const socket = connect({
      host: '127.0.0.1',
      port: Number(port),
      minVersion: `TLSv${version}`,
      maxVersion: `TLSv${version}`,
      ca: file(roots),
      cert: file(chain),
      key: file(key),
      servername: isIP(host) ? '' : host,
      checkServerIdentity: (_, certificate) => checkServerIdentity(host, certificate),
    });
    socket.setTimeout(20000, () => socket.destroy(new Error('timed out')));
    socket.on('secureConnect', () => socket.write('GET / HTTP/1.0\r\n\r\n'));
    socket.on('data', (data) => (answer += data));
    socket.on('error', (error) => resolve(`${error.code} ${error.message}`));
    socket.on('close', () => resolve(answer.startsWith('HTTP/1.0 200 ok') ? 'ok' : 'no answer'));
  });

for (const line of readFileSync(0, 'utf8').trimEnd().split('\n')) {
  console.log((await call(line.split('\t'))).replaceAll('\n', ' '));
}
