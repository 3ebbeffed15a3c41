using Npgsql;

namespace SmartCity.Core.Database;

/// <summary>Which failures are Postgres' own and pass by themselves.</summary>
internal static class PostgresFaults
{
    /// <summary>Whether it is Postgres that restarts, is out of reach or too busy, however deep it is wrapped: Entity Framework and dbup give exceptions of their own.</summary>
    public static bool IsPassing(Exception e) => e switch
    {
        PostgresException answer => answer.IsTransient,
        NpgsqlException => true,
        { InnerException: { } inner } => IsPassing(inner),
        _ => false,
    };
}
