namespace SmartCity.Core.Packages;

/// <summary>What a package says to a reader, in order. The same becomes <c>index.html</c> and <c>package.pdf</c>.</summary>
internal sealed record PackagePage(string Title, IReadOnlyList<string> Introduction, IReadOnlyList<PackageSection> Sections);

internal sealed record PackageSection(string Heading)
{
    public string? Note { get; init; }

    public IReadOnlyList<PackageFact> Facts { get; init; } = [];

    public PackageTable? Table { get; init; }

    public IReadOnlyList<PackagePicture> Pictures { get; init; } = [];
}

internal sealed record PackageFact(string Name, string Value);

internal sealed record PackageTable(IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows);

/// <param name="File">Its name in the package.</param>
/// <param name="Check">What its SHA-256 says, in words.</param>
/// <param name="Read">A JPEG or PNG, read when it is needed: all pictures of a package may be more than memory holds.</param>
internal sealed record PackagePicture(string File, string Caption, string Sha256, string Check, Func<CancellationToken, Task<byte[]>> Read);
