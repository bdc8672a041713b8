truncate shadows, clients, projects, project_details, tasks, users, memberships, letters, folders,
    "odd ""name", items, keyless, hidden, notes, deferred_parents, deferred_children;
insert into clients values (1, 'Acme'), (2, 'Globex');
insert into projects values (1, 'Rocket', 1, 1000.50), (2, 'Garden', 1, null), (3, 'Bridge', null, 7);
insert into project_details values (1, 'to the moon'), (3, 'over the river');
insert into tasks (id, title, project_id, priority, done, mood, label, code, tags, meta, span, ratio, big, created_at)
values
    (1, 'Fuel the rocket', 1, 1, true, 'busy', 'fuel', 'F-1', '{red,green}',
        '{"size": "L", "deep": {"n": [1, {"x": "y"}]}, "n": 5}', '[1,5)', 0.5, 9007199254740993,
        '2026-11-22 11:37:15.88494+00'),
    (2, 'Paint it, red', 1, 2, false, 'calm', 'paint', 'P-1', '{red}', '{"size": "S", "n": 7}', '[3,8)',
        1.5, 2, '2026-11-23 00:00:00+00'),
    (3, 'Plant (roses)', 2, null, null, null, null, 'Q"1', '{}', '{}', null, null, null,
        '2026-11-24 00:00:00+00'),
    (4, 'Sleep', null, 2, false, 'calm', null, null, '{blue,red}', '{"size": null}', '[10,20)', -1, -5,
        '2026-11-25 00:00:00+00');
insert into users values (1, 'Alice'), (2, 'Bob'), (3, 'Carol');
insert into memberships values (1, 1, 'lead'), (1, 2, 'member'), (2, 3, 'lead');
insert into letters values (1, 1, 2, 'hi'), (2, 2, 1, 'ho');
insert into folders values (1, 'root', null), (2, 'left', 1), (3, 'right', 1), (4, 'leaf', 2);
insert into "odd ""name" values (1, 'x', 'ï'), (2, 'y', null);
insert into items values ('a', 1, null), ('b', 2, 'two');
insert into keyless values ('v');
insert into hidden values (1, 'secret');
insert into notes values
    (1, '00000000-0000-0000-0000-000000000001', 'mine'),
    (2, '00000000-0000-0000-0000-000000000002', 'yours');
select setval(pg_get_serial_sequence('tasks', 'id'), 100);
