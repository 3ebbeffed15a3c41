namespace SmartCity.Core.Packages;

/// <summary>What is to be packed.</summary>
/// <param name="Of">Such as <c>charge 0193…</c>.</param>
/// <param name="By">Who asks for it.</param>
/// <param name="Reason">Why, for the audit.</param>
internal sealed record PackageOrder(string Of, string Title, PackageRecords Records, string By, string Reason)
{
    /// <summary>The investigation that is packed; null for none.</summary>
    public Guid? About { get; init; }

    /// <summary>From when on the audit is looked through; null for what the records say.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>What stands before the keys of pictures that were copied; null where the pictures themselves are meant.</summary>
    public string? Copies { get; init; }

    /// <summary>What stands before the records.</summary>
    public Func<PackageText, IEnumerable<PackageSection>> Head { get; init; } = _ => [];

    /// <summary>Further files. One that is gone or was changed is left out, and that is said.</summary>
    public IReadOnlyList<OrderedFile> Files { get; init; } = [];
}

/// <param name="Name">In the package.</param>
/// <param name="Sha256">What it was when it was added; 64 hexadecimal digits in lower case.</param>
/// <param name="Read">Its content; null when it is not stored.</param>
internal sealed record OrderedFile(string Name, string Sha256, Func<CancellationToken, Task<byte[]?>> Read);
