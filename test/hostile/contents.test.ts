import { FIELDS, LINKS, PAGES_IN_HTML, PAGES_IN_JSON } from './faults/contents.ts'
import { meetFaults } from './run-rows.ts'

meetFaults('pages in JSON', PAGES_IN_JSON)
meetFaults('pages in HTML', PAGES_IN_HTML)
meetFaults('links of pages', LINKS)
meetFaults('fields of files', FIELDS)
