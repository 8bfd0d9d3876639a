// What `segue doctor` runs once the packages are there: prints what it found as one line of JSON.
import { runDoctor } from './compose/doctor/run-doctor.ts';

process.stdout.write(`${JSON.stringify(await runDoctor({ isDemo: process.argv.includes('--demo') }))}\n`);
