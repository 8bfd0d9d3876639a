#!/usr/bin/env node
import { bench } from './bench.mjs';
import { doctor } from './doctor.mjs';
import { demo, start } from './start.mjs';
import { exportFile, importFile } from './transfer.mjs';

const usage = `segue <command>

  start    the server, and unless SEGUE_DEMO=0 the demo shop with its mailbox
  demo     only the demo shop, against a server that runs already (--server, --write-key, --smtp-port, --web-port)
  bench    measures: segue bench <name> [--json]; without a name it lists them
  import   a file of customers, events, consents or orders: segue import customers.csv --kind profiles
  export   the same the other way: segue export --what profiles --format csv
  doctor   looks for what keeps Segue from working here, and says what to do about it (--json)`;

const commands = {
  start: () => start(process.env),
  demo: (argv) => demo(process.env, argv),
  bench: (argv) => bench(argv),
  import: (argv) => importFile(process.env, argv),
  export: (argv) => exportFile(process.env, argv),
  doctor: (argv) => doctor(process.env, argv),
};

const [name = 'help', ...argv] = process.argv.slice(2);
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
if (!command) {
  console.log(usage);
  process.exit(['help', '--help', '-h'].includes(name) ? 0 : 2);
}
try {
  process.exitCode = await command(argv);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
