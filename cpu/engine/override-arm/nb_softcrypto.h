/* Other names for Unicorn's helpers that nb_arm_crypto.c stands in for; it asks them where the host has nothing better.
 * The target's own suffix cannot be pasted here: they are defined by HELPER(), which pastes. */
#ifdef TARGET_AARCH64
#define nb_soft_aese nb_soft_aese_aarch64
#define nb_soft_aesmc nb_soft_aesmc_aarch64
#define nb_soft_pmull nb_soft_pmull_aarch64
#else
#define nb_soft_aese nb_soft_aese_arm
#define nb_soft_aesmc nb_soft_aesmc_arm
#define nb_soft_pmull nb_soft_pmull_arm
#endif
