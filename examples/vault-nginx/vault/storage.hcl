# Beside the emitted listener. OpenBao keeps nothing on disk here; a real one has storage that stays.
storage "inmem" {}
