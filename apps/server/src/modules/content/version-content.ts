import type { Utm } from '@segue/contract';

/** What a version of a template is stored as. It always has HTML; of MJML it is what the source compiled to. */
export interface VersionContent {
  readonly subject: string;
  readonly html: string;
  readonly mjml?: string | undefined;
  readonly text?: string | undefined;
  readonly preheader?: string | undefined;
  readonly utm?: Utm | undefined;
}
