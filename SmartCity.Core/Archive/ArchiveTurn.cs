using Npgsql;
using SmartCity.Core.Database;

namespace SmartCity.Core.Archive;

/// <summary>The right to change the archive: of several cores on one database, one rolls or compacts at a time.</summary>
internal static class ArchiveTurn
{
    private const long Key = 0x417263686976;

    /// <summary>Null while another has it.</summary>
    public static Task<AdvisoryTurn?> TryTakeAsync(NpgsqlDataSource dataSource, CancellationToken cancellationToken) => AdvisoryTurn.TryTakeAsync(dataSource, Key, cancellationToken);
}
