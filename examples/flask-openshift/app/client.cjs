// A client of the Express services: node client.cjs URL WHO PORT. WHO is an emitted tls-client.cjs, or, for a customer,
// the root. The names in URL are those of the cluster; here, all of them are this machine.
'use strict'
const { readFileSync } = require('node:fs')
const https = require('node:https')
const path = require('node:path')

const [url, who, port] = process.argv.slice(2)
const options = who.endsWith('.cjs') ? require(path.resolve(who)).options : { ca: readFileSync(who) }
const lookup = (host, { all }, found) =>
  all ? found(null, [{ address: '127.0.0.1', family: 4 }]) : found(null, '127.0.0.1', 4)
https
  .get(url, { ...options, port, lookup, timeout: 10000 }, (response) => response.pipe(process.stdout))
  .on('timeout', () => process.exit(1))
  .on('error', (error) => {
    console.error('%s: %s', error.code, error.message)
    process.exitCode = 1
  })
