// Every property run starts here: properties that name no number of runs follow PROPERTY_RUNS too.
import fc from 'fast-check';
import { propertyRuns } from './property-runs.ts';

fc.configureGlobal({ numRuns: propertyRuns(100) });
