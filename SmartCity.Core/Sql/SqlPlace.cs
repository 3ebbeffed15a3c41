using SmartCity.Core.Lake;

namespace SmartCity.Core.Sql;

/// <summary>Where a statement ran, or would run if it is explained. Pure.</summary>
internal static class SqlPlace
{
    public const string Lake = "lake";
    public const string Postgres = "postgres";
    public const string Both = "both";

    /// <param name="notice">What SmartCity.Lake says when a statement that names tables of the lake goes to Postgres; null if it said nothing.</param>
    public static string Of(string sql, string? notice) =>
        !LakeSelect.NamesTable(sql) ? Postgres
        : notice is null && LakeSelect.IsCandidate(LakeSelect.Explained(sql) ?? sql) ? Lake
        : Both;
}
