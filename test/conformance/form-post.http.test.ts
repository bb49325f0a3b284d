import { after, test } from 'node:test'
import { BASIC_MODULES } from './basic-modules.ts'
import { startPlan } from './plan.ts'

/** oidcc-formpost-basic-certification-test-plan: the modules of the Basic plan, answered by a form that posts itself. */
const plan = await startPlan({ after }, { mode: 'form_post' })

for (const { name, proves, run } of BASIC_MODULES) test(`OIDC-30 Form Post Basic OP, ${name}: ${proves}`, () => run(plan))
