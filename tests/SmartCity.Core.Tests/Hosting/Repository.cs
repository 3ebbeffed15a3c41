namespace SmartCity.Core.Tests.Hosting;

/// <summary>Where the solution lies, and what may lie beside it.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    /// <summary>A file or folder that lies beside the repository on some machines.</summary>
    public static string Shared(params ReadOnlySpan<string> names) => Path.GetFullPath(Path.Combine([Root, "..", "shared", .. names]));

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "SmartCity.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("SmartCity.sln lies above the tests.");
    }
}
