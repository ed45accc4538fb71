/**
 * The sample university's bulletin. A subject's head line: code | name | department | what its courses are about.
 * A course: number, credits ('3', '4' or '1-4' where the student and the department agree), kind, title.
 * Kind: L lecture · B lecture with laboratory · D lecture with discussion · S seminar · T studio.
 */
export const bulletin = `
ANTH|Anthropology|School of Social Sciences|human societies, their past and their variety
101 3 D Introduction to Cultural Anthropology
110 4 B Human Origins
205 3 L Archaeology of the Americas
220 3 L Language and Culture
240 3 L Medical Anthropology
301 3 S Ethnographic Methods
315 3 S Food, Culture, and Power
340 3 L Peoples of the Pacific
410 3 S Material Culture
495 1-4 S Fieldwork Practicum
ART|Studio Art|College of Fine Arts|making, seeing, and judging visual work
101 3 T Drawing I
102 3 T Two-Dimensional Design
120 3 T Ceramics I
150 3 T Digital Photography
201 3 T Drawing II
210 3 T Painting I
230 3 T Printmaking
260 3 T Sculpture
310 3 T Painting II
350 3 T Documentary Photography
399 1-4 T Independent Studio
490 3 S Senior Exhibition
ARTH|Art History|College of Fine Arts|works of art in the world that made them
101 3 D Art of the Ancient World
102 3 D Renaissance to Modern
210 3 L Islamic Art and Architecture
225 3 L Arts of East Asia
330 3 L Nineteenth-Century European Painting
345 3 S Museums and Their Publics
410 3 S Seminar in Contemporary Art
ASTR|Astronomy|School of Physical Sciences|planets, stars, galaxies, and how we know about them
101 4 B The Solar System
102 4 B Stars and Galaxies
210 3 L Observational Astronomy
310 3 L Stellar Structure
320 3 L Galactic Dynamics
430 3 L Cosmology
BIOL|Biology|School of Life Sciences|living things from molecule to ecosystem
101 4 B General Biology I
102 4 B General Biology II
205 4 B Genetics
210 3 L Evolution
220 4 B Microbiology
240 4 B Anatomy and Physiology I
241 4 B Anatomy and Physiology II
301 3 L Cell Biology
320 3 L Ecology
335 4 B Plant Biology
350 3 L Immunology
410 3 S Conservation Biology
425 3 L Neurobiology
450 3 S Bioinformatics
BUS|Business Administration|School of Business|organisations, markets, and the people in them
101 3 D Introduction to Business
201 3 D Financial Accounting
202 3 D Managerial Accounting
220 3 L Business Law
240 3 L Organisational Behaviour
310 3 L Marketing Principles
320 3 L Corporate Finance
330 3 L Operations Management
345 3 L International Business
360 3 L Entrepreneurship
410 3 S Consumer Behaviour
440 3 S Investment Analysis
490 3 S Strategic Management
CHEM|Chemistry|School of Physical Sciences|matter, its structure, and its changes
101 4 B General Chemistry I
102 4 B General Chemistry II
110 3 L Chemistry in Everyday Life
201 4 B Organic Chemistry I
202 4 B Organic Chemistry II
230 4 B Analytical Chemistry
301 3 L Physical Chemistry I
302 3 L Physical Chemistry II
340 3 L Inorganic Chemistry
350 3 L Biochemistry
420 3 S Polymer Chemistry
CS|Computer Science|School of Computing|programs, data, and the machines that run them
101 4 B Introduction to Programming
102 4 B Object-Oriented Programming
110 3 L Computing and Society
201 3 D Data Structures
210 3 D Discrete Structures
220 3 L Computer Organisation
240 3 L Software Engineering
301 3 D Algorithms
310 3 L Operating Systems
320 3 L Database Systems
330 3 L Computer Networks
340 3 L Programming Languages
350 3 L Human-Computer Interaction
360 3 L Machine Learning
410 3 L Distributed Systems
420 3 L Compilers
440 3 L Computer Security
460 3 S Natural Language Processing
490 3 S Senior Project
COMM|Communication|College of Humanities|how people inform, persuade, and understand each other
101 3 D Public Speaking
110 3 L Media and Society
210 3 L Interpersonal Communication
230 3 L News Writing
315 3 L Organisational Communication
340 3 S Rhetoric of Science
420 3 S Media Law and Ethics
DANC|Dance|College of Fine Arts|movement, its technique, and its history
101 2 T Modern Dance I
110 2 T Ballet I
201 2 T Modern Dance II
220 3 L Dance History
310 3 T Choreography
ECON|Economics|School of Social Sciences|choices, markets, and the policies that shape them
101 3 D Principles of Microeconomics
102 3 D Principles of Macroeconomics
201 3 L Intermediate Microeconomics
202 3 L Intermediate Macroeconomics
230 3 L Statistics for Economists
310 3 L Econometrics
320 3 L Labour Economics
335 3 L Economics of Development
340 3 L Public Finance
355 3 L Game Theory
420 3 S Environmental Economics
EDUC|Education|School of Education|how people learn and how schools work
101 3 L Foundations of Education
210 3 L Educational Psychology
230 3 L Literacy in the Early Grades
310 3 S Teaching Mathematics
320 3 S Inclusive Classrooms
410 1-4 S Student Teaching
ENGL|English|College of Humanities|literature in English and the craft of writing
101 3 S College Writing
110 3 D Introduction to Literature
201 3 L British Literature to 1800
202 3 L British Literature since 1800
210 3 L American Literature
225 3 T Creative Writing: Fiction
226 3 T Creative Writing: Poetry
310 3 L Shakespeare
320 3 L The Novel
335 3 S Postcolonial Literature
350 3 S Technical Writing
410 3 S Milton
450 3 S Literary Theory
ENVS|Environmental Studies|School of Life Sciences|the environment and what we do to it
101 4 B Environmental Science
210 3 L Climate and Society
230 3 L Environmental Policy
310 4 B Field Methods
330 3 L Water Resources
420 3 S Energy Transitions
FREN|French|College of Humanities|the French language and the cultures that speak it
101 4 D Elementary French I
102 4 D Elementary French II
201 3 D Intermediate French
301 3 S French Conversation
320 3 S Cinéma et société
410 3 S Le roman moderne
GEOL|Geology|School of Physical Sciences|the Earth, its materials, and its history
101 4 B Physical Geology
102 4 B Earth History
210 4 B Mineralogy
320 3 L Geomorphology
340 3 L Structural Geology
430 3 S Volcanology
HIST|History|College of Humanities|the past and how it is written
101 3 D World History to 1500
102 3 D World History since 1500
110 3 D The United States to 1877
111 3 D The United States since 1877
220 3 L Medieval Europe
235 3 L Modern Latin America
250 3 L History of Science
310 3 L The Ottoman Empire
325 3 L Modern Japan
340 3 S Oral History
410 3 S The Cold War
490 3 S Historical Research
MATH|Mathematics|School of Mathematical Sciences|number, shape, change, and proof
101 3 D College Algebra
110 4 D Precalculus
120 4 D Calculus I
121 4 D Calculus II
220 4 D Calculus III
230 3 L Linear Algebra
240 3 L Differential Equations
250 3 S Introduction to Proof
310 3 L Real Analysis
320 3 L Abstract Algebra
330 3 L Probability
345 3 L Numerical Analysis
360 3 L Number Theory
410 3 L Topology
420 3 L Complex Analysis
MUS|Music|College of Fine Arts|music heard, played, and understood
101 3 L Music Appreciation
110 3 D Music Theory I
111 3 D Music Theory II
150 1 T University Choir
151 1 T Symphony Orchestra
152 1 T Jazz Ensemble
220 3 L History of Western Music
310 3 S Music of the World
340 3 T Composition
PHIL|Philosophy|College of Humanities|arguments about what there is and how to live
101 3 D Introduction to Philosophy
110 3 D Critical Reasoning
210 3 L Ancient Philosophy
220 3 L Ethics
230 3 L Symbolic Logic
310 3 L Philosophy of Mind
325 3 S Philosophy of Science
340 3 S Political Philosophy
420 3 S Kant
PHYS|Physics|School of Physical Sciences|matter, energy, and the laws they follow
101 4 B Physics for the Life Sciences I
102 4 B Physics for the Life Sciences II
120 4 B Mechanics
121 4 B Electricity and Magnetism
210 3 L Modern Physics
301 3 L Classical Mechanics
310 3 L Quantum Mechanics I
311 3 L Quantum Mechanics II
320 3 L Thermal Physics
340 4 B Electronics
410 3 L Solid State Physics
POLS|Political Science|School of Social Sciences|power, institutions, and citizens
101 3 D American Government
110 3 D International Relations
210 3 L Comparative Politics
225 3 L Political Theory
310 3 L Constitutional Law
330 3 L Politics of the European Union
345 3 S Human Rights
420 3 S Security Studies
PSYC|Psychology|School of Social Sciences|mind, brain, and behaviour
101 3 D Introduction to Psychology
201 4 B Research Methods
210 3 L Developmental Psychology
220 3 L Social Psychology
230 3 L Abnormal Psychology
310 3 L Cognitive Psychology
320 3 L Learning and Memory
335 3 L Sensation and Perception
350 3 L Health Psychology
410 3 S Clinical Psychology
430 3 S Psychology of Language
SOC|Sociology|School of Social Sciences|groups, inequality, and change
101 3 D Introduction to Sociology
210 3 L Social Problems
230 3 L Race and Ethnicity
310 3 L Social Theory
325 3 L Urban Sociology
340 3 L Sociology of Education
415 3 S Social Networks
SPAN|Spanish|College of Humanities|the Spanish language and the cultures that speak it
101 4 D Elementary Spanish I
102 4 D Elementary Spanish II
201 3 D Intermediate Spanish I
202 3 D Intermediate Spanish II
301 3 S Spanish Composition
315 3 S Literatura latinoamericana
330 3 S Spanish for Health Professions
410 3 S Cervantes
STAT|Statistics|School of Mathematical Sciences|data, chance, and what can be concluded
101 4 B Elementary Statistics
210 3 L Statistical Methods
310 3 L Regression Analysis
320 3 L Experimental Design
340 3 L Bayesian Statistics
410 3 L Time Series
430 3 S Statistical Computing
THTR|Theatre|College of Fine Arts|plays and how they come alive
101 3 L Introduction to Theatre
110 3 T Acting I
210 3 T Acting II
230 3 T Stagecraft
320 3 T Lighting Design
340 3 L Modern Drama
410 3 T Directing
`
