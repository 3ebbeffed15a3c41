namespace SmartCity.Bench;

/// <summary>Programs of the product, as they were built beside this one.</summary>
internal static class BuiltProgram
{
    /// <summary>Its file.</summary>
    /// <exception cref="InvalidOperationException">It is not built.</exception>
    public static string Find(string project, string file)
    {
        var here = new DirectoryInfo(AppContext.BaseDirectory);
        var built = Path.GetFullPath(Path.Combine(here.FullName, "..", "..", "..", "..", "..", project, "bin", here.Parent!.Name, here.Name, file));
        return File.Exists(built) ? built : throw new InvalidOperationException($"{built} is not built; ./smartcity bench builds it.");
    }
}
