SELECT '\'; SELECT 'a\'; SELECT '\\';
