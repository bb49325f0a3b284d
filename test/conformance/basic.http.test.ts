import { after, test } from 'node:test'
import { BASIC_MODULES } from './basic-modules.ts'
import { startPlan } from './plan.ts'

/** oidcc-basic-certification-test-plan */
const plan = await startPlan({ after })

for (const { name, proves, run } of BASIC_MODULES) test(`OIDC-30 Basic OP, ${name}: ${proves}`, () => run(plan))
