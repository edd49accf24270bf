typedef int nb_nothing; /* not there yet */
