create table T (A INT); Insert Into t Values (1); sElEcT * fRoM t;
