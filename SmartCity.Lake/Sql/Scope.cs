namespace SmartCity.Lake.Sql;

/// <summary>A table, a subquery or a common table expression under the name that the statement has for it.</summary>
/// <param name="Alias">The statement's name, as Postgres folds it.</param>
/// <param name="Sql">The name in what is written.</param>
internal sealed record Relation(string Alias, string Sql, IReadOnlyList<RelationColumn> Columns, TableUse? Use);

/// <param name="Sql">The name in what is written.</param>
internal sealed record RelationColumn(string Name, string Sql, LakeType Type, bool HasDatabaseOrder, bool HasColumnOrder);

/// <summary>The names that an expression may use.</summary>
internal sealed class Scope(Scope? outer)
{
    public List<Relation> Relations { get; } = [];

    /// <summary>Names that a join with USING has made one, and whose they are.</summary>
    public Dictionary<string, Relation> Merged { get; } = new(StringComparer.Ordinal);

    /// <exception cref="NotForTheLakeException">There is no such column, or there are two.</exception>
    public Expr Find(IReadOnlyList<string> names)
    {
        for (var scope = this; scope is not null; scope = scope.Outer)
        {
            if (scope.TryFind(names) is { } found)
            {
                return found;
            }
        }

        throw new NotForTheLakeException($"the lake does not know the column {string.Join('.', names.Select(SqlText.Shown))}");
    }

    public bool Has(string name) => TryFind([name]) is not null;

    private Scope? Outer => outer;

    private Expr? TryFind(IReadOnlyList<string> names)
    {
        var column = names[^1];
        IEnumerable<Relation> relations = names.Count switch
        {
            1 when Merged.TryGetValue(column, out var merged) => [merged],
            1 => Relations,
            2 => Relations.Where(r => r.Alias == names[0]),
            3 => Relations.Where(r => names[0] == CitySchemaName && r.Alias == names[1] && r.Use is not null),
            _ => [],
        };
        var found = relations.SelectMany(r => r.Columns.Where(c => c.Name == column).Select(c => (r, c))).ToList();
        return found.Count switch
        {
            0 => null,
            1 => Of(found[0].r, found[0].c),
            _ => throw new NotForTheLakeException($"{SqlText.Shown(column)} may be a column of several tables"),
        };
    }

    public static Expr Of(Relation relation, RelationColumn column)
    {
        relation.Use?.Columns.Add(column.Name);
        return new Expr($"{relation.Sql}.{column.Sql}", column.Type)
        {
            Column = relation.Use is { } use ? (use, column.Name) : null,
            HasDatabaseOrder = column.HasDatabaseOrder,
            HasColumnOrder = column.HasColumnOrder,
        };
    }

    private const string CitySchemaName = "city";
}
