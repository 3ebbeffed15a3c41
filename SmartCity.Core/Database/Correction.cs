using Npgsql;

namespace SmartCity.Core.Database;

/// <summary>A correction that runs, see <see cref="CorrectionGate"/>.</summary>
/// <param name="held">Plates that no batch and no other correction touches meanwhile.</param>
/// <param name="alone">Nothing else runs at all.</param>
/// <param name="isOwn">Whether the transaction is its own, and not that of a call.</param>
internal sealed class Correction(NpgsqlConnection connection, NpgsqlTransaction transaction, HashSet<string> held, bool alone, bool isOwn = true)
{
    public NpgsqlConnection Connection => connection;

    public NpgsqlTransaction Transaction => transaction;

    public bool IsAlone => alone;

    /// <summary>Commits what is its own. A call's change is committed with its line of the audit.</summary>
    public Task CommitAsync(CancellationToken cancellationToken) => isOwn ? transaction.CommitAsync(cancellationToken) : Task.CompletedTask;

    /// <summary>Says which plates are corrected.</summary>
    public void Touches(IEnumerable<string> plates)
    {
        var missing = alone ? [] : plates.Where(p => !held.Contains(p)).ToList();
        if (missing.Count > 0)
        {
            throw new MorePlatesException(missing);
        }
    }

#pragma warning disable CA1032, CA1064 // begins the correction again, and nobody else sees it
    internal sealed class MorePlatesException(IReadOnlyList<string> plates) : Exception("The correction touches plates that it has not taken.")
    {
        public IReadOnlyList<string> Plates => plates;
    }
#pragma warning restore CA1032, CA1064
}
