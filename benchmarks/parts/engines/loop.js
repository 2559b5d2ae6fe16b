// Rules over lines in json-rules-engine, one line after the other. Run by benchmarks/scoring.py: loop.js FOLDER FILE,
// FOLDER where the engine is installed. Prints {seconds, points}, as loops.py does.
const fs = require('fs')
const path = require('path')
const { Engine } = require(path.join(process.argv[2], 'node_modules', 'json-rules-engine'))

const document = JSON.parse(fs.readFileSync(process.argv[3]))
const names = ['category', 'brand', 'net', 'gross', 'quantity']
const lines = document.lines.map(values => Object.fromEntries(names.map((name, place) => [name, values[place]])))
const operators = {
  eq: 'equal', ne: 'knownNotEqual', lt: 'lessThan', gt: 'greaterThan', ge: 'greaterThanInclusive', starts_with: 'startsWith'
}
const engine = new Engine()
engine.addOperator('startsWith', (found, value) => found !== null && found.startsWith(value))
engine.addOperator('knownNotEqual', (found, value) => found !== null && found !== value)
for (const rule of document.rules) {
  const asked = rule.when.length ? rule.when : [['net', 'always', 0]]
  engine.addRule({
    conditions: { all: asked.map(([fact, name, value]) => ({ fact, operator: operators[name] || 'always', value })) },
    event: { type: rule.code, params: rule }
  })
}
engine.addOperator('always', () => true)

async function main () {
  const points = Object.fromEntries(document.rules.map(rule => [rule.code, 0]))
  const begun = process.hrtime.bigint()
  for (const line of lines) {
    const { events } = await engine.run(line)
    for (const { type, params } of events) {
      points[type] += params.per_unit ? params.per_unit * line.quantity : Math.floor(params.per_dollar * line.net / 100)
    }
  }
  console.log(JSON.stringify({ seconds: Number(process.hrtime.bigint() - begun) / 1e9, points }))
}
main()
