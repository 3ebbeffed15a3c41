namespace SmartCity.Deploy.Tests;

/// <summary>Where the solution lies and what may lie beside it.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    /// <summary>A file of the repository.</summary>
    public static string File(params ReadOnlySpan<string> names) => Path.Combine([Root, .. names]);

    /// <summary>A program on PATH, or one that lies beside the repository on some machines; null when it is nowhere.</summary>
    public static string? Program(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Append(Path.GetFullPath(Path.Combine(Root, "..", "shared", "tools")))
            .Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(System.IO.File.Exists);

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !System.IO.File.Exists(Path.Combine(folder.FullName, "SmartCity.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("SmartCity.sln lies above the tests.");
    }
}
