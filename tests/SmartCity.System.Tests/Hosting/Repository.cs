namespace SmartCity.System.Tests.Hosting;

/// <summary>Where the solution lies, what was built, and what may lie beside it.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    /// <summary>The built all-in-one, of the same configuration as these tests.</summary>
    public static string AllInOne { get; } = Path.Combine(
        Root, "SmartCity.AllInOne", "bin", new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name, new DirectoryInfo(AppContext.BaseDirectory).Name, "smartcity.dll");

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
