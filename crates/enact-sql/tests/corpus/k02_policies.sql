CREATE TABLE t (id int, owner text);
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON t FOR SELECT USING (owner = current_user);
CREATE POLICY q ON t FOR INSERT WITH CHECK (owner = current_setting('app.user;name', true));
