/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Names for containers that get none: a word and somebody who found something out. */

#include "container/create-private.h"

static const char *const words[] = {
	"able",	    "agile",  "alert",	"amber",   "ample",   "apt",	 "autumn",  "azure",
	"bold",	    "brave",  "breezy", "bright",  "brisk",   "calm",	 "candid",  "careful",
	"cheery",   "clear",  "clever", "coastal", "cosy",    "crisp",	 "curious", "daring",
	"deft",	    "eager",  "early",	"earnest", "easy",    "elegant", "fair",    "fearless",
	"fleet",    "fond",   "frank",	"fresh",   "frosty",  "gentle",	 "glad",    "golden",
	"graceful", "hardy",  "hearty", "honest",  "humble",  "jolly",	 "keen",    "kind",
	"lively",   "loyal",  "lucid",	"lucky",   "lunar",   "mellow",	 "merry",   "mild",
	"modest",   "nimble", "noble",	"patient", "placid",  "plucky",	 "polite",  "prompt",
	"proud",    "quick",  "quiet",	"radiant", "rapid",   "ready",	 "robust",  "salty",
	"serene",   "sharp",  "silent", "silver",  "sincere", "sleek",	 "smart",   "snug",
	"solar",    "sound",  "spry",	"stable",  "steady",  "stout",	 "sturdy",  "sunny",
	"swift",    "tall",   "tidal",	"tidy",	   "tough",   "trusty",	 "upbeat",  "valiant",
	"vivid",    "warm",   "wise",	"witty",   "young",   "zesty",
};

static const char *const people[] = {
	"abel",	      "agnesi",	   "ampere",	  "anning",	"archimedes", "avogadro",
	"babbage",    "banneker",  "bardeen",	  "bassi",	"becquerel",  "bell",
	"bernoulli",  "blackwell", "bohr",	  "boltzmann",	"boole",      "bose",
	"brahe",      "brattain",  "burnell",	  "cantor",	"carson",     "cauchy",
	"cavendish",  "chandra",   "chatelet",	  "church",	"copernicus", "cori",
	"coulomb",    "crick",	   "curie",	  "dalton",	"darwin",     "davy",
	"dijkstra",   "dirac",	   "ehrlich",	  "einstein",	"erdos",      "euclid",
	"euler",      "faraday",   "fermat",	  "fermi",	"feynman",    "fibonacci",
	"fourier",    "franklin",  "galilei",	  "galois",	"gauss",      "germain",
	"goeppert",   "godel",	   "hamilton",	  "heisenberg", "herschel",   "hertz",
	"hilbert",    "hodgkin",   "hooke",	  "hopper",	"hubble",     "hypatia",
	"jacobi",     "joule",	   "kepler",	  "khayyam",	"knuth",      "kovalevskaya",
	"lagrange",   "lamarr",	   "laplace",	  "lavoisier",	"leavitt",    "leibniz",
	"linnaeus",   "lovelace",  "maxwell",	  "meitner",	"mendel",     "mendeleev",
	"mitchell",   "napier",	   "newton",	  "noether",	"ohm",	      "pascal",
	"pasteur",    "pauli",	   "payne",	  "planck",	"poincare",   "ptolemy",
	"raman",      "ramanujan", "riemann",	  "ritchie",	"roentgen",   "rubin",
	"rutherford", "sagan",	   "schrodinger", "shannon",	"somerville", "tesla",
	"thompson",   "turing",	   "volta",	  "watt",	"wiles",      "wing",
	"wu",	      "yalow",	   "zuse",
};

char *
davit_creation_random_name (void)
{
	guint32 number[2];

	for (guint i = 0; i < 2; i++)
		number[i] = g_random_int ();
	return g_strconcat (words[number[0] % G_N_ELEMENTS (words)], "_",
			    people[number[1] % G_N_ELEMENTS (people)], NULL);
}
