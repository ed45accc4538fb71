/** Names of many origins, so that accents, apostrophes and hyphens are there from the first day. */
const words = (text: string): readonly string[] => text.trim().split(/\s+/)

export const givenNames = words(`
Aaliyah Aaron Abigail Adam Adriana Ahmed Aiko Aisha Alejandro Alexander Alice Alina Amara Amelia Amir Amy Ana Anders
André Angela Anika Anna Anthony Antonio Aoife Arjun Astrid Ava Beatriz Benjamin Bianca Björn Brandon Brianna Camila
Carlos Caroline Catherine Charlotte Chen Chidi Chiara Chloe Christopher Claire Connor Cristina Daniel Daniela David
Deepa Diego Dmitri Dylan Ebony Elena Eleni Elijah Elizabeth Emily Emma Émile Eric Esther Ethan Eva Fatima Felix
Fiona Francesca Gabriel Gabriela George Grace Hamza Hannah Haruto Hasan Helen Henry Hiroshi Hugo Ibrahim Ingrid Isaac
Isabella Ivan Jack Jacob Jada James Jamal Jasmine Javier Jennifer Jessica Jin João Jonas Jordan José Joseph Joshua
Julia Jun Kaitlyn Karim Katarzyna Katherine Kavya Keiko Kenji Kevin Khadija Kofi Kwame Laila Lars Laura Layla Leah
Leila Leo Liam Lina Linh Logan Lucas Lucía Luis Lukas Maja Malik Marcus Margaret Maria María Mariam Marta Mateo Matthew
Maya Mei Michael Miguel Mina Ming Mohammed Molly Nadia Naomi Natalia Nathan Nia Nicholas Nicole Nikhil Nina Noah Noor
Nora Olga Oliver Olivia Omar Oscar Owen Paolo Patrick Paul Pedro Peter Petra Phoebe Priya Rachel Rafael Rahul Raj
Rania Rebecca Renée Ricardo Robert Rosa Ruth Ryan Sadia Samir Samuel Sana Sara Sean Sebastian Sergei Siddharth Simone
Siobhán Sofia Søren Stella Stephanie Sven Tamika Tao Tariq Tatiana Thomas Tomás Trevor Tyler Uma Valentina Vanessa
Victor Victoria Vikram Wei William Xavier Ximena Yara Yasmin Yuki Yusuf Zachary Zainab Zoë Zofia`)

export const familyNames = words(`
Abdi Abe Acosta Adams Adeyemi Agarwal Ahmed Akhtar Allen Almeida Álvarez Andersen Anderson Andrade Asante Baker Banerjee
Barnes Bauer Becker Begum Bell Bennett Bergström Bianchi Boateng Bondarenko Borges Brooks Brown Bui Burke Butler
Campbell Carlson Carter Castillo Castro Chan Chang Chaudhry Chavez Chen Cho Choi Chowdhury Clark Cohen Coleman Collins
Cooper Costa Cruz Cunningham Dang Das Davies Davis Delgado Desai Diallo Díaz Dietrich Dimitrov Do Doyle Duarte Dubois
Duncan Dvořák Edwards Eriksson Espinoza Evans Fernandes Fernández Ferrari Fischer Fitzgerald Fleming Flores Foster Fox
Fraser Fujimoto García Garza Ghosh Gibson Gill Gomez González Graham Grant Gray Green Greene Griffin Guerrero Gupta
Gutiérrez Haddad Hall Hamilton Hansen Harris Hassan Hayashi Hayes Henderson Hernández Herrera Hill Hoang Hoffmann Howard
Huang Hughes Hussein Ibrahim Inoue Ishikawa Ito Ivanova Jackson Jacobs Jain James Jansen Jensen Jiménez Johansson Johnson
Jones Joshi Kang Kaplan Kapoor Karlsson Kaur Kelly Kennedy Khan Kim King Klein Kobayashi Kovács Kowalski Kruger Kumar
Kuznetsova Lam Larsen Lee Lévy Lewis Li Lim Lin Liu Lopes López Lu Lund MacDonald Mahmoud Malik Mancini Marino Marshall
Martin Martínez Matsumoto Mbeki McCarthy McKenzie Mehta Mendoza Menon Mensah Meyer Mikkelsen Miller Mitchell Mohamed
Morales Moreau Moreno Morgan Morris Müller Murphy Murray Nakamura Navarro Nelson Nguyen Nielsen Novák Nowak Núñez
Nwosu O'Brien O'Connor O'Neill Ochoa Okafor Okonkwo Olsen Ortega Ortiz Osei Owens Özdemir Park Parker Patel Pereira Perez
Petersen Petrov Pham Phillips Powell Quinn Rahman Ramírez Ramos Rao Reddy Reed Reyes Richardson Rivera Roberts
Robinson Rodríguez Rogers Romero Rosenberg Ross Rossi Roy Ruiz Russell Ryan Saito Salazar Sánchez Santos Sato Schmidt
Schneider Schwartz Scott Shah Sharma Shimizu Siddiqui Silva Simmons Singh Smith-Jones Sørensen Soto Stewart Sullivan
Suzuki Svensson Takahashi Tan Tanaka Taylor Thompson Torres Tran Turner Vargas Vasquez Vega Wagner Walker Wallace Wang
Ward Watanabe Weber Weiss West White Wilson Wong Wright Wu Yamamoto Yang Yıldız Young Yu Zhang Zhao Zhou Zimmermann`)

export const buildings: readonly { name: string; campus: 'MAIN' | 'RIVER'; rooms: number }[] = [
  { name: 'Aldridge Hall', campus: 'MAIN', rooms: 14 },
  { name: 'Carver Science Centre', campus: 'MAIN', rooms: 18 },
  { name: 'Dunmore Library', campus: 'MAIN', rooms: 6 },
  { name: 'Franklin Hall', campus: 'MAIN', rooms: 16 },
  { name: 'Hopper Computing Building', campus: 'MAIN', rooms: 14 },
  { name: 'Kepler Hall', campus: 'MAIN', rooms: 16 },
  { name: 'Lovelace Hall', campus: 'MAIN', rooms: 16 },
  { name: 'Meridian Arts Building', campus: 'MAIN', rooms: 14 },
  { name: 'Noether Hall', campus: 'MAIN', rooms: 12 },
  { name: 'Riverside Centre', campus: 'RIVER', rooms: 10 },
  { name: 'Weir House', campus: 'RIVER', rooms: 8 },
]

export const programmes: readonly string[] = [
  'BA Anthropology',
  'BFA Studio Art',
  'BS Biology',
  'BS Business Administration',
  'BS Chemistry',
  'BS Computer Science',
  'BA Communication',
  'BA Economics',
  'BS Education',
  'BA English',
  'BS Environmental Studies',
  'BA History',
  'BS Mathematics',
  'BM Music',
  'BA Philosophy',
  'BS Physics',
  'BA Political Science',
  'BS Psychology',
  'BA Sociology',
  'BS Statistics',
  'BA Theatre',
]
